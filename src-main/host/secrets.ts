import type { SecretInfo, SecretsInfo } from '../../src-shared/connections';
import { IngotError } from '../../src-shared/errors';

/** The system's store of secrets, as far as a shell has one. */
export interface Keychain {
  /** Null: it has none of that name. */
  read(name: string): Promise<string | null>;
  has(name: string): Promise<boolean>;
  /** Null takes it out. */
  write(name: string, secret: string | null): Promise<void>;
}

/** Secrets by name: from the environment, then from the keychain. */
export interface Secrets {
  /** Null if there is none of that name. */
  lookUp(name: string): Promise<string | null>;
  /** @throws IngotError `invalid_input` if there is none of that name. */
  find(name: string): Promise<string>;
  look(names: readonly string[]): Promise<SecretsInfo>;
  /** @throws IngotError `invalid_input` without a keychain. */
  set(name: string, secret: string | null): Promise<void>;
}

const variableOf = (name: string) => `INGOT_SECRET_${name}`;

export function createSecrets(
  environment: Readonly<Record<string, string | undefined>>,
  keychain: Keychain | null,
): Secrets {
  const inEnvironment = (name: string) => environment[variableOf(name)] || null;
  const lookFor = async (name: string): Promise<SecretInfo> => {
    if (inEnvironment(name) !== null) return { name, from: 'environment' };
    return { name, from: (await keychain?.has(name)) ? 'keychain' : null };
  };
  const lookUp = async (name: string) => inEnvironment(name) ?? (await keychain?.read(name)) ?? null;
  return {
    lookUp,
    async find(name) {
      const secret = await lookUp(name);
      if (secret !== null) return secret;
      throw new IngotError('invalid_input', `There is no secret ${name}.`, {
        hint: `Set the variable ${variableOf(name)} in the environment of Ingot.`,
      });
    },
    look: async (names) => ({
      hasKeychain: keychain !== null,
      secrets: await Promise.all(names.map(lookFor)),
    }),
    async set(name, secret) {
      if (!keychain) {
        throw new IngotError('invalid_input', 'There is no keychain here.', {
          hint: `Set the variable ${variableOf(name)} in the environment of Ingot.`,
        });
      }
      await keychain.write(name, secret);
    },
  };
}

import type { SecretInfo, SecretsInfo } from '../../src-shared/connections';
import { IngotError } from '../../src-shared/errors';

/** The system's store of secrets, as far as a shell has one. */
export interface Keychain {
  /** Why it cannot be used, a sentence; null if it can. Nothing else is called if it cannot. */
  whyNot(): string | null;
  /** Null: it has none of that name. */
  read(name: string): Promise<string | null>;
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
  /** @throws IngotError `invalid_input` without a keychain that can be used. */
  set(name: string, secret: string | null): Promise<void>;
}

const variableOf = (name: string) => `INGOT_SECRET_${name}`;

export function createSecrets(
  environment: Readonly<Record<string, string | undefined>>,
  keychain: Keychain | null,
): Secrets {
  const inEnvironment = (name: string) => environment[variableOf(name)] || null;
  const whyNoKeychain = () => (keychain ? keychain.whyNot() : 'Only the desktop app has a keychain.');
  const inKeychain = async (name: string) => (keychain?.whyNot() === null ? await keychain.read(name) : null);
  const lookFor = async (name: string): Promise<SecretInfo> => {
    if (inEnvironment(name) !== null) return { name, from: 'environment' };
    return { name, from: (await inKeychain(name)) === null ? null : 'keychain' };
  };
  const lookUp = async (name: string) => inEnvironment(name) ?? (await inKeychain(name));
  return {
    lookUp,
    async find(name) {
      const secret = await lookUp(name);
      if (secret !== null) return secret;
      throw new IngotError('invalid_input', `There is no secret ${name}.`, {
        field: 'token',
        hint: `Set the variable ${variableOf(name)} in the environment of Ingot.`,
      });
    },
    look: async (names) => ({
      whyNoKeychain: whyNoKeychain(),
      secrets: await Promise.all(names.map(lookFor)),
    }),
    async set(name, secret) {
      const whyNot = whyNoKeychain();
      if (whyNot !== null) {
        throw new IngotError('invalid_input', whyNot, {
          hint: `Set the variable ${variableOf(name)} in the environment of Ingot.`,
        });
      }
      await keychain?.write(name, secret);
    },
  };
}

import { safeStorage } from 'electron';
import { z } from 'zod';
import { secretNameSchema } from '../../../src-shared/connections';
import { openJsonFile } from '../../host/json-file';
import type { Keychain } from '../../host/secrets';
import type { Logger } from '../../observability/logger';

/**
 * Secrets in one file, encrypted with a key that the system's keychain keeps. The keychain is not asked before the first use: macOS
 * may ask a person then.
 */
export function openKeychain(path: string, logger: Logger): Keychain {
  const file = openJsonFile(path, z.record(secretNameSchema, z.base64()), {}, logger);
  return {
    whyNot() {
      // The key of `basic_text` is the same everywhere, so anybody could read the file. An old Electron does not say which it has.
      const backend = process.platform === 'linux' ? safeStorage.getSelectedStorageBackend?.() : 'none';
      if (backend === 'basic_text' || backend === undefined) {
        return 'This desktop has no keychain: GNOME Keyring or KWallet.';
      }
      return safeStorage.isEncryptionAvailable() ? null : "The system's keychain cannot be used.";
    },
    async read(name) {
      const encrypted = (await file.read())[name];
      if (encrypted === undefined) return null;
      try {
        return safeStorage.decryptString(Buffer.from(encrypted, 'base64'));
      } catch (error) {
        logger.warn({ err: error, name }, 'a secret was encrypted with another key: store it again');
        return null;
      }
    },
    async write(name, secret) {
      const { [name]: _before, ...others } = await file.read();
      if (secret === null) return file.write(others);
      return file.write({ ...others, [name]: safeStorage.encryptString(secret).toString('base64') });
    },
  };
}

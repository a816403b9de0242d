import type { SourceChoice } from '../../src-shared/contract';
import { IngotError } from '../../src-shared/errors';

/** Passes a dropped or picked file to the host and returns the resulting source. */
export type SendFile = (
  file: File,
  onProgress: (sentBytes: number, totalBytes: number) => void,
) => Promise<SourceChoice>;

/** A page never learns a file's path, so the web shell gets an upload. */
export const uploadFile: SendFile = (file, onProgress) =>
  new Promise((resolve, reject) => {
    // `fetch` cannot report upload progress.
    const request = new XMLHttpRequest();
    request.upload.addEventListener('progress', (event) => onProgress(event.loaded, file.size));
    request.addEventListener('load', () => {
      const answer = readAnswer(request.responseText);
      if (request.status < 300 && typeof answer.uploadId === 'string') {
        resolve({ source: { kind: 'upload', uploadId: answer.uploadId }, name: file.name });
      } else {
        const message =
          typeof answer.message === 'string' ? answer.message : `Ingot did not take ${file.name}.`;
        reject(new IngotError('source_unreadable', message));
      }
    });
    request.addEventListener('error', () =>
      reject(new IngotError('disconnected', `The connection was lost while ${file.name} was on its way.`)),
    );
    request.open('POST', '/upload');
    const body = new FormData();
    body.append('file', file, file.name);
    request.send(body);
  });

function readAnswer(text: string): { uploadId?: unknown; message?: unknown } {
  try {
    const answer: unknown = JSON.parse(text);
    return typeof answer === 'object' && answer !== null ? answer : {};
  } catch {
    return {};
  }
}

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { isFailure, type Pieces, type StreamFailure } from './byte-source';
import { cutEvery } from './testing/reading';
import { cutAt, cuts } from './testing/source-texts';
import { unzstd } from './unzstd';

async function* piecesOf(pieces: readonly Uint8Array[]): Pieces {
  // As a file gives them: no piece is valid any longer once the next is asked for.
  for (const piece of pieces) {
    const lent = Buffer.from(piece);
    yield lent;
    lent.fill(0xff);
  }
}

async function decompress(pieces: readonly Uint8Array[]) {
  const text: Buffer[] = [];
  let failure: StreamFailure['failure'] | undefined;
  for await (const piece of unzstd(piecesOf(pieces))) {
    if (isFailure(piece)) failure = piece.failure;
    else text.push(Buffer.from(piece));
  }
  return { text: Buffer.concat(text), failure };
}

/** Made by zstd 1.5.4 of `WORDS`: `zstd -19 --check`, and `zstd -3 --no-check` of it as a stream. */
const WORDS = Array.from({ length: 400 }, (_, at) => `{"n":${(at * 7919) % 1000}}\n`).join('');
const CHECKED = Buffer.from(
  'KLUv/WRxDqUSAEa3ZxKwpZADzJok5diKlBUp3wk5AAhkAGAAYADnKESMPOEkOmHrshmDJILe1eRFU/8dhkVoZoqs4blHAkNS2FlhVYd/GiSm2AQtkXV0fGTcUAcvzXhpae1hHhyiLTjiiveYCY+KUxnkrXlNCBNhSbaRISN1Lf4+MYKBADAIGAgEkhAxlT05J9GxL7MgRtBXUvQG/x2GRWhmiqzhuUcCQ6Gwi52QlTj8nTrIY4oNLdI5PuPQoPQFXlpaepgHh2gLjrjiPWYiXNGJnIRB3tbmrzBhycaQqS3fxEOIqyMlCb0b5yhEjDzhJDr2ZRa0CPpKitzgv8OwCM1MkTU890hgSGFnhRUd/mmQmGJDi3SOzzg0KHmBl5ZWPMwVvBBqsuBU7Mq9x0x4VJzIIG/Na0KYsGRjyNSWb8IhxNWRCgm93J2cgoF4a17Tu+coRIw84SQ69mUWpAj6Sora4L/DsAhNzJKNISOumNfsrLCawz8NElNsaJHO8RmHBqUu8NLSepgHh2gLjrjiPWbCo+I0BnlrXhPChCUbQ6a2fBMNIa6OlITeDYGPqCEIsTcDsfLQGBEkBFA/nL0G/ZA+SlBu8zvvZIsCWapcFFFNO4RQVQ17C7n5SImyxtUHCYIaEcEFBmWp1CYJtUNNUjRglE08eyTpmpP+fYgoUJI54R3HK52J4qR/HyIKLEmpJk3Yb7aiuOzPXyJTnGTQNEdNWHbvJVXM29KMVIiFYp0kb8u9l1Qxt9IooiCPTByIU3qJqCrKe1JRg6AjGLvMp4syempoUdl7UDoWBdIqYA34rg==',
  'base64',
);
const UNCHECKED = Buffer.from(
  'KLUv/QBY9RAA5iBAErClkAPMmiTl2F0pKyLVIxkZBD8AOAA4AFug0G3M4XJLDKXRF2QVE7df2VjdGCp9hHnJyCcozYRuYw6XWzqbEEb6FiRbxYTvx4UyGoBBwEBAMBAABgEDgcLRSHX6sPtJGBmNbPiXkcaGxX5lo7ENXxJGxtUWKHQbsz6/xFAafUF2ESz2N1ZHqtNHmJeMfKIKDV9GGxv2ZaSxEb7MaGTDl9HGhn0ZjY3wRSMbvshoYxfy+A/haOQaQsLuJ2FkNLLhX0YbuwgW+xGCAYn9ykZjG77IaGQbc7jc0pEWZBUTd7yy0diGLzLa2PAvI42N8GVGYxu+yGhjw7+MNDbClxmNDYGOqHGk3X4HUSdJJNUBEYyA+QOZQzKQkxKesrmq3x2Q787Y3wXyAPRH8hnN9TIn2H1ykJMynrK5KuAd0O/OKjG+qX4sxkfvZS4vSBJfXV5U4kt+C4X42653bFFkGTIkQ/gRLKQRHlvZXRVwUcdVSQB/gHLnbg0TnkK6S1L5Ixb1/cd78Px9q4YIHonGv3uDTwHmiNv8oIRV74+6zwzeJ3dYiEiU4V37e4YdR9zmByWsdn/EfYav+20NQ5UJ72kKfCf1Zy+3p3cesaVksnOKlKGTvuMoZrzKdpyLw/vzIb7gdrMHPsNOTnAPmOnExgw7xeUcLqQtcrnK+86puBmwY9yYFPBpgCO2lExDPKYCakAFRGEqQAXUCFAV4Ks=',
  'base64',
);
/** `abc`, with a checksum. */
const SMALL = Buffer.from('KLUv/QRYGQAAYWJjmQl3rQ==', 'base64');
const NOTHING = Buffer.from('KLUv/SQAAQAAmenYUQ==', 'base64');
const SKIPPED = Buffer.from([0x5a, 0x2a, 0x4d, 0x18, 3, 0, 0, 0, 1, 2, 3]);

test('decompresses any number of frames, however the bytes arrive', async () => {
  const frames = Buffer.concat([SMALL, CHECKED, SKIPPED, NOTHING, UNCHECKED, SKIPPED, SMALL]);
  const whole = { text: Buffer.from(`abc${WORDS}${WORDS}abc`), failure: undefined };
  await fc.assert(
    fc.asyncProperty(cuts, async (fractions) => {
      expect(await decompress(cutAt(frames, fractions))).toEqual(whole);
    }),
    { numRuns: 20 },
  );
  expect(await decompress(cutEvery(frames, 1))).toEqual(whole);
});

test('every wrong byte of a frame with a checksum is damage, or asks for too much', async () => {
  for (let at = 4; at < CHECKED.length; at += 1) {
    const wrong = Buffer.from(CHECKED);
    wrong.writeUInt8((wrong[at] ?? 0) ^ 0x10, at);
    const { failure, text } = await decompress([wrong]);
    // Without the flag there is nothing to check, and the checksum is not the beginning of a frame.
    expect([failure, text.toString() === WORDS]).not.toEqual([undefined, false]);
    if (at >= CHECKED.length - 4) expect(failure).toBe('zstd-damaged');
  }
});

test('what is cut off anywhere inside of a frame is told, after what came before', async () => {
  const frames = Buffer.concat([SMALL, CHECKED]);
  for (let length = 1; length < frames.length; length += 5) {
    const { text, failure } = await decompress([frames.subarray(0, length)]);
    expect(failure).toBe(length === SMALL.length ? undefined : 'zstd-cut');
    expect(`abc${WORDS}`.startsWith(text.toString())).toBe(true);
    if (length >= SMALL.length) expect(text.toString()).toMatch(/^abc/);
  }
});

test.each([
  ['a window of 129 MiB', [0x28, 0xb5, 0x2f, 0xfd, 0x00, 0x89, 0x01, 0x00, 0x00], 'zstd-window'],
  ['one block of 2 MiB', [0x28, 0xb5, 0x2f, 0xfd, 0x00, 0x38, 0xfb, 0xff, 0xff, 0x00], 'zstd-damaged'],
  ['a block of no type', [0x28, 0xb5, 0x2f, 0xfd, 0x00, 0x38, 0x07, 0x00, 0x00], 'zstd-damaged'],
  ['something else', [...Buffer.from('and so on, and so on')], 'zstd-damaged'],
])('%s is refused, after what came before', async (_, bytes, failure) => {
  expect(await decompress([SMALL, Uint8Array.from(bytes)])).toEqual({ text: Buffer.from('abc'), failure });
});

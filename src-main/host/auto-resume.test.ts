import { describe, expect, it } from 'vitest';
import { IngotError } from '../../src-shared/errors';
import { NO_COUNTS } from '../../src-shared/events';
import { runStatus } from '../../src-shared/testing/events';
import type { RunState } from '../../src-shared/update';
import { createAutoResume } from './auto-resume';
import { recordingLogger } from './testing/recording-logger';

const statusAt = (records: number, state: RunState = 'running') =>
  runStatus({ runId: '7', source: 'a.json', state, counts: { ...NO_COUNTS, records } });

describe('taking up a run after the loss of its database', () => {
  const open = (resumeRun = async () => statusAt(10)) => {
    const calls: string[] = [];
    const autoResume = createAutoResume({
      resumeRun: (runId) => {
        calls.push(`resume ${runId}`);
        return resumeRun();
      },
      pauseRun: async () => calls.push('pause'),
      logger: recordingLogger().logger,
    });
    return { autoResume, calls };
  };

  it('does nothing where no run was under way', async () => {
    const { autoResume, calls } = open();
    autoResume.noteLost(null);
    expect(await autoResume.resume()).toEqual({ outcome: 'none' });
    expect(calls).toEqual([]);
  });

  it('goes on from the checkpoint, once for each loss', async () => {
    const { autoResume, calls } = open();
    autoResume.noteLost(statusAt(10));
    expect(await autoResume.resume()).toMatchObject({ outcome: 'resumed' });
    expect(await autoResume.resume()).toEqual({ outcome: 'none' });
    expect(calls).toEqual(['resume 7']);
  });

  it('leaves a run that is cut off again before it got further', async () => {
    const { autoResume, calls } = open();
    autoResume.noteLost(statusAt(10));
    await autoResume.resume();
    autoResume.noteLost(statusAt(10));
    expect(await autoResume.resume()).toMatchObject({ outcome: 'left' });
    autoResume.noteLost(statusAt(11));
    expect(await autoResume.resume()).toMatchObject({ outcome: 'resumed' });
    expect(calls).toEqual(['resume 7', 'resume 7']);
  });

  it('holds a run that was paused', async () => {
    const { autoResume, calls } = open();
    autoResume.noteLost(statusAt(10, 'paused'));
    await autoResume.resume();
    expect(calls).toEqual(['resume 7', 'pause']);
  });

  it('says why a run cannot be taken up', async () => {
    const { autoResume } = open(async () => {
      throw new IngotError('source_unreadable', 'a.json has changed.', { hint: 'Run it again.' });
    });
    autoResume.noteLost(statusAt(10));
    expect(await autoResume.resume()).toEqual({
      outcome: 'left',
      message: 'The run of a.json could not be taken up again: a.json has changed. Run it again.',
    });
  });
});

import { describe, expect, it } from 'vitest';
import { alertsReportSchema } from '../../src-shared/alerts';
import { healthSchema } from '../../src-shared/health';
import { ALERTS } from '../observability/alert-definitions';
import { AT_ONCE, record, useConnectedHost } from './testing/connected-host';

describe('a host', () => {
  const open = useConnectedHost();

  it('tells a window its figures: what runs did, and where the time of the database went', async () => {
    const { client, run, write } = open();
    const before = await client.call('operations.figures', { afterMs: null });
    const path = await write('two.json', [record('a', 1), record('a', 1), { id: '' }]);
    await run({ kind: 'path', path }, AT_ONCE);
    const after = await client.call('operations.figures', { afterMs: null });
    const gained = (name: 'indexed' | 'duplicate' | 'rejected') => after.updates[name] - before.updates[name];
    expect([gained('indexed'), gained('duplicate'), gained('rejected')]).toEqual([1, 1, 1]);
    expect(after.callbacks.fired - before.callbacks.fired).toBe(1);
    expect(after.startedAtMs).toBe(before.startedAtMs);
    const names = after.statements.map(({ statement }) => statement);
    expect(names).toEqual(expect.arrayContaining(['commit', 'copy_updates', 'save_run_progress']));
  });

  it('tells a window its health', async () => {
    const health = await open().client.call('health.get', {});
    expect(healthSchema.parse(health)).toEqual(health);
    const failed = health.checks.filter(({ ok }) => !ok).map(({ name }) => name);
    expect(health.status).toBe(failed.length === 0 ? 'ready' : 'not ready');
    // On a slow machine the event loop may be late, and nothing else.
    expect(failed.filter((name) => name !== 'event_loop')).toEqual([]);
  });

  it('tells a window every alert, with what to do about it', async () => {
    const report = alertsReportSchema.parse(await open().client.call('operations.alerts', {}));
    expect(report.alerts.map(({ name }) => name).sort()).toEqual(ALERTS.map(({ name }) => name).sort());
  });

  it('refuses figures after a time that is none', async () => {
    const call = open().client.callAnything('operations.figures', { afterMs: 'yesterday' });
    await expect(call).rejects.toMatchObject({ code: 'invalid_input' });
  });
});

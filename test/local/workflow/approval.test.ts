import { describe, expect, test } from 'vitest';
import { APPROVAL_S } from '../../../functions/backfill/workflow/definition.ts';
import { named, WorkflowWorld } from './world.ts';

/** A world that asks, and hands the token to whoever answers. */
function asking(answer: (token: string, world: WorkflowWorld) => void): WorkflowWorld {
  const world = new WorkflowWorld();
  world.next = 'ask';
  world.script.ask = [(event) => event.step === 'ask' && answer(event.token, world)];
  return world;
}

describe('approval', () => {
  test('given long after it was asked for lets the backfill publish', async () => {
    const world = asking((token) =>
      setImmediate(() => {
        world.advance(APPROVAL_S * 1_000 - 1);
        setImmediate(() => world.answers.approve(token, 'ada'));
      }),
    );
    expect(await world.run()).toMatchObject({ status: 'succeeded' });
    expect(world.calls).toContain('publish');
  });

  test('that is refused publishes nothing, takes nothing back, and says why', async () => {
    const world = asking((token) => world.answers.refuse(token, 'ada: too many rows'));
    expect(await world.run()).toMatchObject({ status: 'failed', error: 'ApprovalRefused', cause: 'ada: too many rows' });
    expect(world.calls).not.toContain('publish');
    expect(world.calls).not.toContain('compensate');
    expect(world.calls.at(-1)).toBe('report');
  });

  test('that nobody gives in time publishes nothing, and is worth nothing afterwards', async () => {
    let late = '';
    const world = asking((token) => {
      late = token;
      setImmediate(() => world.advance(APPROVAL_S * 1_000));
    });
    expect(await world.run()).toMatchObject({ status: 'failed', error: 'ApprovalExpired' });
    expect(world.calls).not.toContain('publish');
    expect(() => world.answers.approve(late, 'ada')).toThrow('approval token: got "id-');
  });

  test('can be used once: a second answer is refused, whatever it says', async () => {
    const errors: unknown[] = [];
    const world = asking((token) => {
      world.answers.approve(token, 'ada');
      for (const again of [() => world.answers.approve(token, 'bob'), () => world.answers.refuse(token, 'bob')])
        try {
          again();
        } catch (error) {
          errors.push(error);
        }
    });
    expect(await world.run()).toMatchObject({ status: 'succeeded', output: { approval: { approvedBy: 'ada' } } });
    expect(errors).toHaveLength(2);
    expect(String(errors[0])).toContain('UsageError: approval token');
  });

  test('of a question that failed on its way counts no more: asking again has a token of its own', async () => {
    const tokens: string[] = [];
    const world = asking((token) => {
      tokens.push(token);
      throw named('RetriableError');
    });
    world.script.ask?.push((event) => {
      if (event.step !== 'ask') return;
      expect(() => world.answers.approve(tokens[0] ?? '', 'ada')).toThrow('approval token');
      tokens.push(event.token);
      world.answers.approve(event.token, 'ada');
    });
    expect(await world.run()).toMatchObject({ status: 'succeeded' });
    expect(new Set(tokens).size).toBe(2);
  });

  test('a question that cannot be put fails the backfill by the name of the fault', async () => {
    const world = asking(() => {
      throw named('UsageError', 'no topic');
    });
    expect(await world.run()).toMatchObject({ status: 'failed', error: 'UsageError', cause: expect.stringContaining('no topic') });
  });
});

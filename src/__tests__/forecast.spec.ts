import { ApiError } from '../api';
import { Forecaster } from '../forecast';
import { FakeApi, settle } from './fakes';

function setUp(): { api: FakeApi; forecaster: Forecaster; edit: () => void } {
  const api = new FakeApi();
  let source = 'x';
  const forecaster = new Forecaster(
    api,
    () => 'a.ipynb',
    () => [{ id: 'c', source, type: 'code' }]
  );
  return {
    api,
    forecaster,
    edit: () => {
      source += 'x';
      forecaster.askLater();
    }
  };
}

describe('Forecaster', () => {
  beforeEach(() => {
    jest.useFakeTimers({ now: 1000 });
  });
  afterEach(() => {
    jest.useRealTimers();
  });

  it('asks once when the typing has stopped', async () => {
    const { api, edit } = setUp();
    for (let i = 0; i < 5; i += 1) {
      edit();
      await jest.advanceTimersByTimeAsync(100);
    }
    expect(api.asked).toEqual([]);
    await jest.advanceTimersByTimeAsync(500);
    expect(api.asked).toEqual(['forecast a.ipynb']);
    expect(api.cells[0]?.source).toBe('xxxxxx');
  });

  it('does not ask the same question twice', async () => {
    const { api, forecaster } = setUp();
    await forecaster.ask();
    forecaster.askLater();
    await jest.advanceTimersByTimeAsync(1000);
    expect(api.asked).toHaveLength(1);
  });

  it('keeps the answer with the time of its question', async () => {
    const { forecaster } = setUp();
    let changes = 0;
    forecaster.changed.connect(() => {
      changes += 1;
    });
    await forecaster.ask();
    expect(forecaster.answer?.asked).toBe(1000);
    expect(changes).toBe(1);
  });

  it('leaves a server without our routes alone until asked outright', async () => {
    const { api, forecaster, edit } = setUp();
    api.failure = new ApiError('not installed', true);
    await forecaster.ask();
    edit();
    await jest.advanceTimersByTimeAsync(1000);
    expect(api.asked).toHaveLength(1);
    api.failure = null;
    await forecaster.ask();
    expect(forecaster.answer).not.toBeNull();
  });

  it('has no answer after a failure', async () => {
    const { api, forecaster } = setUp();
    await forecaster.ask();
    api.failure = new ApiError('no');
    await forecaster.ask();
    expect(forecaster.answer).toBeNull();
  });

  it('says nothing after it was disposed', async () => {
    const { api, forecaster, edit } = setUp();
    forecaster.dispose();
    edit();
    await jest.advanceTimersByTimeAsync(1000);
    await settle();
    expect(api.asked).toEqual([]);
  });
});

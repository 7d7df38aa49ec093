import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { RetriableError } from '../../../core/errors.ts';
import { FolderCatalogue } from '../../../local/catalogue/folder.ts';
import { partitionCatalogueContract } from '../../contract/partition-catalogue.ts';
import { testFolder } from '../folder.ts';

partitionCatalogueContract('folder', async () => new FolderCatalogue(testFolder()));

const hour = { dt: '2026-03-01', hour: '09', folder: 'kinds/landing/dt=2026-03-01/hour=09/' };

test('a catalogue folder is there for the next process, and half a file of a killed one is not read', async () => {
  const folder = testFolder();
  await new FolderCatalogue(folder).register('kinds', [hour]);
  writeFileSync(join(folder, 'kinds.json.new'), '[{"dt":');
  expect(await new FolderCatalogue(folder).list('kinds', hour.dt, hour.dt)).toEqual([hour]);
  expect(readdirSync(folder).sort()).toEqual(['kinds.json', 'kinds.json.new']);
});

test('a catalogue folder that cannot be written is a retriable error', async () => {
  const folder = testFolder();
  mkdirSync(join(folder, 'kinds.json.new'));
  await expect(new FolderCatalogue(folder).register('kinds', [hour])).rejects.toThrow(RetriableError);
});

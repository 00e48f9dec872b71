/**
 * Ways to break the store, one at a time: `scripts/mutants.mjs` holds the crash harness to finding each of them.
 *
 * `find` must stand in `file` exactly once, which `test/crash/mutants.test.ts` checks: a mutant whose place has moved must be
 * moved along, or it would mutate nothing and prove nothing. What stands in `replace` must still compile.
 *
 * @typedef {object} Mutant
 * @property {string} name what is broken, as a sentence
 * @property {'sync' | 'directory' | 'checksum' | 'order' | 'bound' | 'failure'} kind
 * @property {string} file
 * @property {string} find
 * @property {string} replace
 */

/** @type {readonly Mutant[]} */
export const MUTANTS = [
  {
    name: 'segments are not synced before the commit',
    kind: 'sync',
    file: 'src/store/topic-writer.ts',
    find: 'for (const segment of dirty) await this.#files.get(segment)!.datasync();',
    replace: 'void dirty;',
  },
  {
    name: 'the line of a commit is not synced',
    kind: 'sync',
    file: 'src/store/journal.ts',
    find: 'if (sync) await this.#file.datasync();',
    replace: 'void sync;',
  },
  {
    name: 'the first line of a journal file is not synced',
    kind: 'sync',
    file: 'src/store/journal.ts',
    find: `      await file.datasync();
      await disk.syncDirectory(directory);`,
    replace: '      await disk.syncDirectory(directory);',
  },
  {
    name: 'a file that is put there whole is not synced before it gets its name',
    kind: 'sync',
    file: 'src/store/disk.ts',
    find: `    await writeAll(file, bytes, 0);
    await file.datasync();`,
    replace: '    await writeAll(file, bytes, 0);',
  },
  {
    name: 'the copy of a tail in the quarantine is not synced before the tail is cut off',
    kind: 'sync',
    file: 'src/store/quarantine.ts',
    find: 'await copy.datasync();',
    replace: '',
  },
  {
    name: 'a file is not synced before it is moved to the quarantine',
    kind: 'sync',
    file: 'src/store/quarantine.ts',
    find: 'await file.datasync().finally(() => file.close());',
    replace: 'await file.close();',
  },
  {
    name: 'a reader does not sync the line of a commit before it believes it',
    kind: 'sync',
    file: 'src/store/journal-follower.ts',
    find: 'if (length > 0) await syncForReading(file);',
    replace: '',
  },
  {
    name: 'a reader that opens a topic does not sync the journal before it believes it',
    kind: 'sync',
    file: 'src/store/journal-follower.ts',
    find: 'await syncForReading(file).finally(() => file.close());',
    replace: 'await file.close();',
  },
  {
    name: 'the directory of a new segment is not synced',
    kind: 'directory',
    file: 'src/store/topic-writer.ts',
    find: 'await this.#disk.syncDirectory(layout.topic(this.#store, this.#topic));',
    replace: '',
  },
  {
    name: 'the directory of a new journal file is not synced',
    kind: 'directory',
    file: 'src/store/journal.ts',
    find: '      await disk.syncDirectory(directory);\n',
    replace: '',
  },
  {
    name: 'the directory of a new topic is not synced',
    kind: 'directory',
    file: 'src/store/store-file.ts',
    find: '  await disk.syncDirectory(layout.topics(store));',
    replace: '',
  },
  {
    name: 'the directories above a new store are not synced',
    kind: 'directory',
    file: 'src/store/store-file.ts',
    find: '  await disk.syncDirectory(dirname(path));',
    replace: '',
  },
  {
    name: "the directories above a new job's journal are not synced",
    kind: 'directory',
    file: 'src/store/open-job.ts',
    find: 'for (const above of [layout.job(store, job), layout.jobs(store), store]) await disk.syncDirectory(above);',
    replace: '',
  },
  {
    name: 'the directory of a file that is put there whole is not synced',
    kind: 'directory',
    file: 'src/store/disk.ts',
    find: '  await disk.syncDirectory(directory);',
    replace: '',
  },
  {
    name: 'the directory of the quarantine is not synced before a tail is cut off',
    kind: 'directory',
    file: 'src/store/quarantine.ts',
    find: `  await disk.syncDirectory(layout.quarantine(store));
  return basename(path);`,
    replace: '  return basename(path);',
  },
  {
    name: 'the quarantine itself is not synced before something is moved there',
    kind: 'directory',
    file: 'src/store/quarantine.ts',
    find: '  await disk.syncDirectory(store);',
    replace: '',
  },
  {
    name: 'readers do not check the checksum of a frame',
    kind: 'checksum',
    file: 'src/store/segment-runs.ts',
    find: 'if (bytes.length === length && crcText(crc32(bytes, crc)) === frames.at(-1)![3])',
    replace: 'if (bytes.length === length && crc !== undefined)',
  },
  {
    name: 'the checksum of a line in the journal or an index is not checked',
    kind: 'checksum',
    file: 'src/store/record.ts',
    find: 'if (suffix !== `,"crc":"${crcText(crc)}"}`) return undefined;',
    replace: 'if (suffix === undefined) return undefined;',
  },
  {
    name: 'recovery does not check the frame that was written last',
    kind: 'checksum',
    file: 'src/store/recovery.ts',
    find: 'await checkLastFrame(file, topic, state);',
    replace: '',
  },
  {
    name: 'a segment is indexed again without its checksum',
    kind: 'checksum',
    file: 'src/store/rebuild-index.ts',
    find: 'return crcText(this.#crc) === crc && this.#bytes',
    replace: 'return crcText(this.#crc) !== undefined && crc !== undefined && this.#bytes',
  },
  {
    name: 'damage in the journal is taken for a torn line',
    kind: 'checksum',
    file: 'src/store/record.ts',
    find: "if (!isLast) return 'damaged';",
    replace: "if (!isLast) return 'torn';",
  },
  {
    name: 'a whole line with a wrong checksum at the end of the journal is taken for a torn one',
    kind: 'checksum',
    file: 'src/store/record.ts',
    find: "if (newline >= 0) return 'damaged';",
    replace: '',
  },
  {
    name: 'the line of a commit is written before its segments are synced',
    kind: 'order',
    file: 'src/store/job-log.ts',
    find: 'for (const name of Object.keys(topics)) await this.#writers.get(name)!.sync();',
    replace: `setImmediate(async () => {
      for (const name of Object.keys(topics)) await this.#writers.get(name)!.sync().catch(() => undefined);
    });`,
  },
  {
    name: 'a commit counts as soon as its line is on its way',
    kind: 'order',
    file: 'src/store/job-log.ts',
    find: 'await this.#journal.append(record, sync);',
    replace: 'this.#journal.append(record, sync).catch(() => undefined);',
  },
  {
    name: 'the old journal file goes before the new one is durable',
    kind: 'order',
    file: 'src/store/journal.ts',
    find: 'const next = await JournalWriter.begin(this.#disk, this.#directory, snapshot, this.#sync);',
    replace: `await this.#disk.remove(\`\${this.#directory}/\${this.#name}\`);
    const next = await JournalWriter.begin(this.#disk, this.#directory, snapshot, this.#sync);`,
  },
  {
    name: 'a start removes the old journal files before the directories of the new one are durable',
    kind: 'order',
    file: 'src/store/open-job.ts',
    find: '  const journal = await JournalWriter.begin(disk, directory, snapshot, sync);',
    replace: `  for (const name of found.files) await disk.remove(\`\${directory}/\${name}\`);
  const journal = await JournalWriter.begin(disk, directory, snapshot, sync);`,
  },
  {
    name: 'a fresh start removes the old events before it is durable that there are none',
    kind: 'order',
    file: 'src/store/open-job.ts',
    find: '  const journal = await JournalWriter.begin(disk, directory, snapshot, sync);',
    replace: `  if (startsOver) for (const name of names) await removeEvents(disk, store, name);
  const journal = await JournalWriter.begin(disk, directory, snapshot, sync);`,
  },
  {
    name: 'a tail is cut off before it is in the quarantine',
    kind: 'order',
    file: 'src/store/quarantine.ts',
    find: '  const path = await freeName(disk, store, what);\n  const copy',
    replace: `  const path = await freeName(disk, store, what);
  const { size } = { size: await file.size() };
  const kept = new Uint8Array(Math.max(0, size - from));
  await file.read(kept, from);
  await file.truncate(from);
  await file.datasync();
  await writeAll(file, kept, from);
  const copy`,
  },
  {
    name: 'a topic that lacks committed bytes is recovered as if it were whole',
    kind: 'bound',
    file: 'src/store/recovery.ts',
    find: `    if (size < bytes) throw shortSegment(topic, segment, size, bytes);
    await checkLastFrame`,
    replace: '    await checkLastFrame',
  },
  {
    name: 'readers do not see the frame that was committed last',
    kind: 'bound',
    file: 'src/store/topic-reader.ts',
    find: 'const known = this.state.frames.filter(([of]) => of === segment);',
    replace: 'const known = this.state.frames.filter(([of]) => of === segment).slice(0, -1);',
  },
  {
    name: 'a sender is told before what it has sent is committed',
    kind: 'order',
    file: 'src/pipeline/log-output.ts',
    find: '    await this.#committing;\n    taken.committed();',
    replace: '    taken.committed();\n    await this.#committing;',
  },
  {
    name: 'recovery leaves what an interrupted commit has written',
    kind: 'bound',
    file: 'src/store/recovery.ts',
    find: 'if (size > bytes) {\n      const name',
    replace: 'if (size < bytes) {\n      const name',
  },
  {
    name: 'a failed write of events is passed over',
    kind: 'failure',
    file: 'src/store/topic-writer.ts',
    find: 'throw diskError(\'MILLRACE_STORE_WRITE\', `the topic "${this.#topic}"`, error);',
    replace: 'void diskError;\n      void error;',
  },
  {
    name: 'a failed sync of the journal is passed over',
    kind: 'failure',
    file: 'src/store/journal.ts',
    find: 'if (sync) await this.#file.datasync();',
    replace: 'if (sync) await this.#file.datasync().catch(() => undefined);',
  },
  {
    name: 'a failed sync of a segment is tried again',
    kind: 'failure',
    file: 'src/store/topic-writer.ts',
    find: 'await this.#files.get(segment)!.datasync();',
    replace: 'await this.#files.get(segment)!.datasync().catch(() => this.#files.get(segment)!.datasync());',
  },
  {
    name: 'a short write is taken for a whole one',
    kind: 'failure',
    file: 'src/store/disk.ts',
    find: 'written += length;',
    replace: 'written += bytes.length;',
  },
  {
    name: 'a compressed segment is not synced before it takes the place of the plain one',
    kind: 'sync',
    file: 'src/store/pack-segment.ts',
    find: 'await packed.datasync();',
    replace: '',
  },
  {
    name: 'a compressed segment is not read back before it takes the place of the plain one',
    kind: 'checksum',
    file: 'src/store/pack-segment.ts',
    find: 'await checkMembers(packed, members, runs, where);',
    replace: 'void checkMembers;',
  },
  {
    name: 'the plain segment goes before it is durable that the compressed one counts',
    kind: 'order',
    file: 'src/store/housekeeper.ts',
    find: 'await this.#log.record(topic, { sealed: [packed] });',
    replace: `await this.#remove(topic, segmentName(row[0], row[6]));
    await this.#log.record(topic, { sealed: [packed] });`,
  },
  {
    name: 'old segments go before it is durable that they are not kept',
    kind: 'order',
    file: 'src/store/housekeeper.ts',
    find: '    await this.#log.record(topic, { earliest });',
    replace: `    for (const [segment, , , , , , form] of dropped) await this.#remove(topic, segmentName(segment, form));
    await this.#log.record(topic, { earliest });`,
  },
  {
    name: 'a line about sealed segments is not synced',
    kind: 'sync',
    file: 'src/store/job-log.ts',
    find: `...(handler !== undefined && { handler }) };
    }, true);`,
    replace: `...(handler !== undefined && { handler }) };
    }, false);`,
  },
  {
    name: 'recovery leaves files that a removal has left',
    kind: 'bound',
    file: 'src/store/recovery.ts',
    find: "return segment < earliest || superseded ? 'left' : 'other';",
    replace: "return segment < earliest && superseded ? 'left' : 'other';",
  },
];

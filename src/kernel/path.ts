import { KEY_SEGMENTS_MAX } from '../base/limits.ts';
import { MillraceError } from '../base/errors.ts';

/**
 * Paths to a value inside an event: dotted (`user.id`) or, where names contain dots, JSON Pointer (RFC 6901,
 * `/id.orig_h`). A segment is a member's name in an object and, if it is a number without leading zeros, an index in
 * an array.
 */
export interface ValuePath {
  readonly text: string;
  readonly segments: readonly PathSegment[];
}

export interface PathSegment {
  readonly name: string;
  readonly nameBytes: Uint8Array;
  /** The index that the segment means in an array, or -1. */
  readonly index: number;
}

/** Parses `text`; throws MILLRACE_KEY_PATH where it is neither form. */
export function parsePath(text: string): ValuePath {
  const names = text.startsWith('/') ? pointerNames(text) : text.split('.');
  if (text === '' || (!text.startsWith('/') && names.includes(''))) {
    throw new MillraceError('MILLRACE_KEY_PATH', `"${text}" is not a path to a value`, {
      hint: 'write names joined by dots (user.id), or a JSON Pointer (/id.orig_h) where names contain dots',
    });
  }
  if (names.length > KEY_SEGMENTS_MAX) {
    throw new MillraceError('MILLRACE_KEY_PATH', `"${text}" has more than ${KEY_SEGMENTS_MAX} segments`);
  }
  return { text, segments: names.map(toSegment) };
}

function pointerNames(text: string): string[] {
  if (/~(?![01])/.test(text)) {
    throw new MillraceError('MILLRACE_KEY_PATH', `"${text}" has a "~" that is neither "~0" nor "~1"`, {
      hint: 'in a JSON Pointer "~0" stands for "~" and "~1" for "/"',
    });
  }
  return text
    .slice(1)
    .split('/')
    .map(name => name.replaceAll('~1', '/').replaceAll('~0', '~'));
}

function toSegment(name: string): PathSegment {
  const index = /^(0|[1-9][0-9]{0,8})$/.test(name) ? Number(name) : -1;
  return { name, nameBytes: new TextEncoder().encode(name), index };
}

import type { Random } from '../../../src/base/random.ts';
import { INVALID, NOT_UTF8, VALID } from './trouble.ts';

/**
 * Lines to try the kernel on: realistic ones, the same with something wrong, and lines made up from the grammar.
 */

/** As events are: of web servers, edits, machines, name servers. */
export const REALISTIC: readonly Buffer[] = [
  '{"ts":"2026-01-01T00:00:00.351Z","client":{"ip":"10.0.0.7"},"method":"GET","path":"/","status":200,"latency_ms":70}',
  '{"ts":"2026-01-01T00:00:03.778Z","client":{"ip":"10.0.0.4","port":51234},"method":"POST","path":"/search?q=m%C3%BChle","status":502,"latency_ms":2894.5,"tags":["slow","a\\"b"],"user":null,"cached":false}',
  '{"agent":"Mozilla/5.0 (X11; Linux x86_64; rv:6.0a1) Gecko/20110421","bytes":6219,"clientip":"223.87.60.27","geo":{"srcdest":"IN:US","coordinates":{"lat":39.41042861,"lon":-88.8454325}},"machine":{"ram":8589934592,"os":"win 8"},"memory":null,"message":"223.87.60.27 - - [2018-07-22T00:39:02.912Z] \\"GET / HTTP/1.1\\" 200 6219 \\"-\\"","tags":["success","info"]}',
  '{"time": "2015-09-12T00:47:00.496Z", "channel": "#ca.wikipedia", "cityName": null, "comment": "Robot inserta {{Commonscat}} que enllaça amb [[commons:category:Rallicula]] 🦤", "isMinor": false, "page": "Rallicula", "user": {"name": "PereBot", "id": 9223372036854775807}, "delta": -17, "added": 17}',
  '{"RecordNumber":657412,"TargetImage":"C:\\\\windows\\\\system32\\\\backgroundTaskHost.exe","GrantedAccess":"0x1000","CallTrace":"C:\\\\windows\\\\SYSTEM32\\\\ntdll.dll+9d104|C:\\\\windows\\\\System32\\\\RPCRT4.dll+2d2f4","Keywords":-9223372036854775808,"Message":"Process accessed:\\r\\nRuleName: -\\tx\\u00e9","user":{"name":"S\\u0059STEM","tags":[1,2.50,3e0,{"a":"b"}]}}',
  '{"_path":"dns","uid":"CqKst53mF3det3eDV9","id.orig_h":"10.47.1.100","id.orig_p":41772,"rtt":0.0008699893951416016,"query":"ise.wrccdc.org","rcode":0,"AA":false,"RD":true,"Z":0,"answers":["ise.wrccdc.cpp.edu","134.71.3.16"],"TTLs":[2230.0,41830.0],"rejected":false,"user":{"id":7,"name":"","plan":"pro"}}',
  '{"a":1,"b":{"c":[{"d":null},[true,false],"x"],"a":{}},"c":"","0":{"0":[0,1,2]},"a":{"b":2},"":-0}',
].map(text => Buffer.from(text));

/** Bytes that mean something to JSON, and some beside them. */
const BYTES = [
  ...Buffer.from('"\\{}[],: \t\r\n0123456789-+.eEunltrfabcdA/'),
  0,
  1,
  0x1f,
  0x7f,
  0x80,
  0xc3,
  0xff,
];
const PIECES = [...VALID, ...INVALID, ...NOT_UTF8].filter(piece => piece.length < 100);
const SPACES = ['', '', '', '', ' ', '\t', '\r', '  ', ' \r\t '];
/** What a value in an object is called, most often. */
const NAMES = [
  'a',
  'b',
  'c',
  'id',
  'user',
  'name',
  'ab',
  '0',
  '1',
  '01',
  '-1',
  '',
  'é',
  'x'.repeat(20),
  '__proto__',
  'length',
];

export class LineMaker {
  readonly #random: Random;
  readonly #realistic: readonly Buffer[];

  /** `realistic` are lines without their newlines. */
  constructor(random: Random, realistic: readonly Buffer[]) {
    this.#random = random;
    this.#realistic = realistic;
  }

  /** Up to `linesMax` lines and more where a line is torn, each with its newline. */
  chunk(linesMax: number): Buffer {
    const count = 1 + this.#random.below(linesMax);
    const lines = Array.from({ length: count }, () => [this.#line(), Buffer.from('\n')]);
    return Buffer.concat(lines.flat());
  }

  #line(): Buffer {
    const choice = this.#random.below(100);
    if (choice < 25) return this.#pick(this.#realistic);
    if (choice < 55) return this.#damage(this.#pick(this.#realistic));
    if (choice < 75) return this.#invent();
    if (choice < 85) return this.#damage(this.#invent());
    if (choice < 96) return this.#inContext(this.#pick(PIECES));
    if (choice < 98) return Buffer.from(this.#pick(SPACES).repeat(this.#random.below(40)));
    return Buffer.from(Array.from({ length: this.#random.below(80) }, () => this.#random.below(256)));
  }

  #pick<T>(items: readonly T[]): T {
    return items[this.#random.below(items.length)]!;
  }

  #inContext(piece: Buffer): Buffer {
    const pad = 'x'.repeat(this.#random.below(131));
    const [before, after] = this.#pick([
      ['', ''],
      [' '.repeat(pad.length), ' '],
      [`{"${pad}":`, '}'],
      [`{"a":"${pad}","b":`, ',"c":1}'],
      [`["${pad}",`, ',2]'],
      [`{"user":{"name":`, `},"x":"${pad}"}`],
    ] as const);
    return Buffer.concat([Buffer.from(before), piece, Buffer.from(after)]);
  }

  #damage(line: Buffer): Buffer {
    let damaged = line;
    for (let times = 1 + this.#random.below(3); times > 0; times--) damaged = this.#damageOnce(damaged);
    return damaged;
  }

  #damageOnce(line: Buffer): Buffer {
    const { length } = line;
    const at = this.#random.below(length + 1);
    const to = Math.min(length, at + 1 + this.#random.below(this.#random.below(4) === 0 ? 60 : 4));
    switch (this.#random.below(9)) {
      case 0:
        return line.subarray(0, at);
      case 1:
        return replaced(line, at, to, Buffer.alloc(0));
      case 2:
        return replaced(line, at, Math.min(at + 1, length), Buffer.of(this.#pick(BYTES)));
      case 3:
        return replaced(line, at, at, Buffer.of(this.#pick(BYTES)));
      case 4:
        return replaced(
          line,
          at,
          Math.min(at + 1, length),
          Buffer.of((line[at] ?? 0) ^ (1 << this.#random.below(8))),
        );
      case 5:
        return replaced(line, at, at, line.subarray(at, to));
      case 6:
        return replaced(line, at, at, this.#pick(PIECES));
      case 7:
        return this.#atToken(line, Buffer.from(this.#pick(SPACES).repeat(1 + this.#random.below(66))));
      default: {
        const other = this.#pick(this.#realistic);
        return Buffer.concat([line.subarray(0, at), other.subarray(this.#random.below(other.length))]);
      }
    }
  }

  /** Puts `piece` behind some character that separates tokens, most often outside strings. */
  #atToken(line: Buffer, piece: Buffer): Buffer {
    const places = [...line.entries()].filter(([, byte]) => ',:[]{}'.includes(String.fromCharCode(byte)));
    const at = places.length === 0 ? 0 : this.#pick(places)[0] + 1;
    return replaced(line, at, at, piece);
  }

  /** A valid line: more often than not an object, since nothing else has members. */
  #invent(): Buffer {
    const isTight = this.#random.below(2) === 0;
    return Buffer.from(this.#random.below(5) === 0 ? this.#value(0, isTight) : this.#object(0, isTight));
  }

  #value(depth: number, isTight: boolean): string {
    const choice = this.#random.below(depth > 4 ? 6 : 10);
    if (choice < 6) return this.#pick(VALID.filter(value => value.length < 30)).toString();
    return choice < 8 ? this.#object(depth + 1, isTight) : this.#array(depth + 1, isTight);
  }

  #object(depth: number, isTight: boolean): string {
    const members = Array.from({ length: this.#count() }, () => {
      const name = this.#random.below(4) === 0 ? this.#randomName() : JSON.stringify(this.#pick(NAMES));
      return this.#spaced(name, isTight) + ':' + this.#spaced(this.#value(depth, isTight), isTight);
    });
    return `{${members.join(',')}}`;
  }

  #array(depth: number, isTight: boolean): string {
    const items = Array.from({ length: this.#count() }, () =>
      this.#spaced(this.#value(depth, isTight), isTight),
    );
    return `[${items.join(',')}]`;
  }

  /** Few most often, and sometimes as many as names are kept track of, or one more. */
  #count(): number {
    const choice = this.#random.below(60);
    return choice === 0 ? 62 + this.#random.below(5) : this.#random.below(7);
  }

  /** Names that are like one another in their beginnings and ends. */
  #randomName(): string {
    if (this.#random.below(20) === 0) return '"\\u0061"';
    const middle = Array.from({ length: this.#random.below(4) }, () =>
      this.#pick(['a', 'b', 'cd', 'é']),
    ).join('');
    return `"${this.#pick(['', 'n', 'abcdefgh', 'abcdefg'])}${middle}${this.#pick(['', 'abcdefgh', 'h', '0'])}"`;
  }

  #spaced(text: string, isTight: boolean): string {
    return isTight ? text : this.#pick(SPACES) + text + this.#pick(SPACES);
  }
}

function replaced(line: Buffer, from: number, to: number, piece: Buffer): Buffer {
  return Buffer.concat([line.subarray(0, from), piece, line.subarray(to)]);
}

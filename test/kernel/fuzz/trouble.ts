/**
 * Values that parsers get wrong, each to be tried alone in a line and where an object or array wants a value. Written from
 * the grammar of RFC 8259: at each point of it what may stand there and what may not.
 */

/** Pictures of what would be hard to see here. */
const PICTURES: Readonly<Record<string, string>> = {
  '␠': ' ',
  '␉': '\t',
  '␍': '\r',
  '␀': '\u0000',
  '␁': '\u0001',
  '␈': '\b',
  '␋': '\u000b',
  '␌': '\f',
  '␛': '\u001b',
  '␟': '\u001f',
  '␡': '\u007f',
};

/** The pieces of `text` between white space, as they stand there but for pictures. */
function list(text: string): string[] {
  return text
    .trim()
    .split(/\s+/)
    .map(piece => Array.from(piece, character => PICTURES[character] ?? character).join(''));
}

function bytes(pieces: readonly string[]): Buffer[] {
  return pieces.map(piece => Buffer.from(piece));
}

function zeros(count: number): string {
  return '0'.repeat(count);
}

const NUMBERS = [
  ...list(`
    0 -0 0.0 -0.0 0e0 0E+0 -0e-0 0.000000 0e999 0.0e-30 0e23 0e22 0e-22 0e-23
    1 -1 9 10 123 -123456789012345 1.5 -1.5 0.1 0.10 1.0 1.050 100.001 4.35 0.3 2230.0 12.000005
    0.000001 0.0000001 -0.00000123 -0.000001 0.000010 1e5 1E5 1e+5 1e-5 1.5e3 -1.5E-3 1e00 1e0005
    999999999999999 1000000000000000 9007199254740991 9007199254740992 9007199254740993
    9223372036854775807 18446744073709551616 123456789012345678901234567890
    0.123456789012345 0.1234567890123456 1.00000000000000 1.000000000000000 0.00000000000000000000000000000123
    1e21 1e22 1e23 123456789012345e22 123456789012345e23 1e-22 1e-23 1.5e-21 1.5e-22 999999999999999e-22
    1e308 1.7976931348623157e308 1e309 -1e400 5e-324 2.5e-324 1e-400
    1e2147483647 1e2147483648 1e-2147483649 1e4294967296 1e-4294967297 1e18446744073709551617 1e99999999999999999999
  `),
  ...[21, 22, 23, 300].flatMap(count => [`0.${zeros(count)}`, `0.${zeros(count)}1`, `1${zeros(count)}`]),
  `0.${zeros(40)}1e41`,
  `0.${zeros(5000)}25e5002`,
  `-12${zeros(20_000)}E-20001`,
  `1${zeros(40)}e-40`,
  `1e${zeros(70)}5`,
  `0.${'9'.repeat(200)}`,
];

const STRINGS = [
  ...list(String.raw`
    "" "a" "␠" "␡" "é" "€" "😀" "null" "0" "{}" "[1,2]" "a,b:c" "//" "/**/"
    "\"" "\\" "\/" "\b\f\n\r\t" "\u0000" "\u001f" "\u00e9" "\uD83D\uDE00" "\\u0041" "\\\"" "\\\\" "a\\" "\u005c" "\u0022"
    "\ud800" "\udc00" "\udc00\ud800" "\ud800a" "\uABCD\uabcd\u0123"
  `),
  `"${'é'.repeat(40)}"`,
  `"${'\\\\'.repeat(33)}"`,
  ...['\u2028\u2029', '\ufeff', '\ufffd', '\uffff'].map(text => `"${text}"`),
  ...[15, 16, 63, 64].map(length => `"${'x'.repeat(length)}"`),
];

const CONTAINERS = list(String.raw`
  {} [] [[]] [{}] {"a":{}} {"a":[]} [1,2] [␠] {␠} {␉} [␍] [␠1␠,␉2␍] {"a":1} {"a":1,"b":2} {␠"a"␉:␍1␠,␠"b"␠:␠2␠}
  {"":0} {"a":1,"a":2} {"a":{"b":1},"a":{"c":2}} {"a":{"b":1},"a":null} {"b":1,"a":2,"1":3} {"1":1} {"-1":1}
  {"__proto__":1} {"constructor":{"prototype":1}} {"é":1} {"x":{"a":1,"a":2}} {"x":[{"a":1},{"a":2}]}
  {"\u0061":1} {"a\nb":1} {"\"":1} {"\\":1,"a":1} {"x":{"\u0061":1}} {"a":{"\u0062":1}} {"a":1,"\u0061":2}
  {"a":[{"b":[{"c":[]}]}]} [[[[[[[[]]]]]]]] [null,true,false] [0,-0,1.5] ["",""] [{},[],{}] {"a":[0,[1]],"b":{"0":2}}
  {"abcdefgh1abcdefgh":1,"abcdefgh2abcdefgh":2} {"abcdefg1abcdefgh":1,"abcdefg2abcdefgh":2}
  {"abcdefgh1bcdefgh":1,"abcdefgh2bcdefgh":2} {"abcdefgh1x":1,"abcdefgh2x":2} {"abcdefgh":1,"abcdefghi":2}
  {"aaaaaaaa":1,"aaaaaaab":2} {"a":[1,[2],{"b":3},"4"]} {"a":[[[1]]]} {"a":{"0":1,"2":2}}
`);

/** What JSON.parse accepts. */
export const VALID: readonly Buffer[] = bytes([
  ...NUMBERS,
  ...STRINGS,
  ...CONTAINERS,
  'null',
  'true',
  'false',
]);

const BAD_NUMBERS = list(`
  01 00 -01 -00 012 1. .5 -.5 - -- --1 +1 + 1e 1E+ 1e- 1e+-1 1e1.5 1.e1 1.2.3 1..2 . -e1 e1 0. -0. 0.e1 1e1_ 1e5e5
  0x1 0b1 0o7 1_000 1n 1, 1␠2 1- 1+1 1/2 0- Infinity -Infinity NaN -NaN inf 1f 1d １ ٣ ½ -␠1 1␠.5 1.␠5 1e␠5
`);

const BAD_STRINGS = [
  ...list(String.raw`
    " "a a" """ "a"b" "a""b" 'a' "\" "\\\" "\a" "\0" "\x41" "\v" "\'" "\N" "\␠" "\é" "\␉" "\␀"
    "\u" "\u1" "\u12" "\u123" "\u123g" "\ug123" "\u␠123" "\u-123" "\U0041" "\u{41}" "\uD83D\u" "\␠u0041" "\u00 "\u00é0"
    "␉" "a␉b" "␀" "a␀" "␁" "␟" "␈" "␌" "␍" "a␍" "␛" “a” "a"x x"a" "a"␠"b" "a", "a": "a"1 \"a\" "\u0000␀"
  `),
  '`a`',
  '"\\',
  `"${'x'.repeat(63)}\\`,
  `"${'x'.repeat(70)}`,
  `"${'\\\\'.repeat(33)}\\"`,
];

const BAD_CONTAINERS = list(String.raw`
  { } [ ] {] [} {[ [{ [1 [1, [1,] [,1] [,] [1,,2] [1␠2] [1;2] [1:2] []] [][] {}{} {}} {}, [], {},{} [[] []1 {}␠x
  ["a"␠"b"] [1,2 ["a ["a" ["" [1}, {"a":1] [1,]] [[1] [{"a":1] {"a":[1}
  {"a"} {"a":} {"a",} {"a":1,} {,"a":1} {,} {"a":1,,"b":2} {"a"␠1} {"a"::1} {"a":1:2} {"a":1␠"b":2} {"a":1;"b":2}
  {"a"=1} {"a"=>1} {a:1} {'a':1} {1:1} {null:1} {[]:1} {{}:1} {"a":1 {"a": {"a" {"a {" {:1} {:} ["a":1] {"a":{} {"a":[]
  {"a":b} {"a":"b} {"a":1}} {"a":1}] {"a"} {"a":1,"b"} {"a":1,b:2} {"a":01} {"a":1,"a"} {"a":undefined} {...a}
  {"\q":1} {"\u00":1} {"a␉b":1} {"a␀":1} {"a":1,"\u00zz":2} {"x":{"\q":1}} {"\u0061":1,} {"\u0061"}
  {"a":1␠/*c*/} {"a":1␠//c} [1/**/] /**/1 //1 #1 1# <a/>
`);

const BAD_WORDS = [
  ...list(String.raw`
    n nu nul nulll null1 NULL Null nil none null␠null null, nulL t tr tru truee True TRUE true1 tru\u0065 truefalse true,false
    f fa fal fals falsee False FALSE false0 falsE nan undefined a é , : ,1 :1 1: "a":1 \ \u0031 * & @ $ ! ␡
    ␀ 1␀ ␀1 ␋1 ␌1 1␋ 1␌ ␟1 ␈1 ␁ null␀ {␌} [␋] [1␌] {"a"␋:1} {"a":␌1}
  `),
  ...['\u00a0', '\u2003', '\u2028', '\ufeff'].flatMap(space => [`${space}1`, `1${space}`, `{${space}}`]),
];

/** Not UTF-8, where JSON wants a token; byte order marks, and what looks like UTF-16. */
const BAD_BYTES = [
  'ff',
  '80',
  'c0af',
  'efbbbf31',
  '31ff',
  'fffe31',
  'feff31',
  '3100',
  '310031',
  '6e756cec',
  '7bff7d',
];

/** What JSON.parse rejects. */
export const INVALID: readonly Buffer[] = [
  ...bytes([...BAD_NUMBERS, ...BAD_STRINGS, ...BAD_CONTAINERS, ...BAD_WORDS]),
  ...BAD_BYTES.map(hex => Buffer.from(hex, 'hex')),
];

/** Strings that are not UTF-8: valid as far as the kernel goes, which leaves that to others. */
export const NOT_UTF8: readonly Buffer[] = ['ff', 'c3', 'eda080', 'c0af', 'f4908080', '80', 'fe41ff'].map(
  hex => Buffer.from(`22${hex}22`, 'hex'),
);

/** Places where the grammar decides about the next byte: what is before each and what after. */
export const HOLES: readonly (readonly [Buffer, Buffer])[] = list(String.raw`
  _ _1 1_ -_ -_1 0_ 1_1 1._ 1.5_ 1e_ 1e+_ 1e5_ "_" "a_b" "_ ""_ tru_ true_ fals_ n_ll
  "\_" "\_0041" "\u_000" "\u0_00" "\u00_0" "\u000_" "\u0041_"
  {_} {_"a":1} {"a"_} {"a"_:1} {"a":_} {"a":_1} {"a":1_} {"a":1,_} {"a":1,_"b":2} {"_":1} {"_a":1,"_a":2}
  [_] [_1] [1_] [1_2] [1,_] [1,_2] [1]_ {}_ {"a":"_"} {"a":{_}} {"a":[_]} {"a":"\_"} {"a":{"_":1}}
`).map(hole => {
  const at = hole.indexOf('_');
  return [Buffer.from(hole.slice(0, at)), Buffer.from(hole.slice(at + 1))];
});

/** Containers inside one another, `depth` of them, and the same with something wrong. */
export function nested(depth: number): readonly Buffer[] {
  return bytes([
    '['.repeat(depth) + ']'.repeat(depth),
    `${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}`,
    `{"x":${'['.repeat(depth - 1)}${']'.repeat(depth - 1)},"a":1}`,
    `${'{"a":['.repeat(Math.floor(depth / 2))}${']}'.repeat(Math.floor(depth / 2))}`,
    '['.repeat(depth),
    '{"a":'.repeat(depth),
    `${'['.repeat(depth)}x${']'.repeat(depth)}`,
    `${'['.repeat(depth)}${'}'.repeat(depth)}`,
    `x${'['.repeat(depth)}${']'.repeat(depth)}`,
  ]);
}

// Of a hundred events some fail, some give more than there is room for, and two end the thread at the first attempt.
for (let n = 0; n < 100; n++) {
  const what = n % 10 === 3 ? 'fail' : n % 25 === 4 ? 'large' : n === 47 || n === 96 ? 'die' : 'mark';
  console.log(JSON.stringify({ n, k: n % 7, what, big: 9 }).replace(':9', ':9.0'));
}

throw "a word";
export default () => true;

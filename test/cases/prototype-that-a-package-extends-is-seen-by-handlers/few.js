import 'extends';
export default event => event.names === 'c';

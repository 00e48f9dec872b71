import 'extends';
export default event => [event.names];

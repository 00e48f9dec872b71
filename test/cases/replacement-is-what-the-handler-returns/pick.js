export default event => ({ id: event.id, text: event.text });

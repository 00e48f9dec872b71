const settings = JSON.parse("{");
export default () => settings;

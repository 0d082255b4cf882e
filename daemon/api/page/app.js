import {ask, enter} from "./broker.js";
import {element, find, setText} from "./dom.js";

try {
  await enter();
  const {secrets} = await ask("GET", "/v1/secrets?limit=1000");
  find("secrets").append(...secrets.map(({name}) => element("li", {text: name})));
} catch (error) {
  setText(find("notice"), error.status === 401
    ? "This tab has no access. Run 'ghostctl page' in a terminal: it opens a new one."
    : error.message);
}

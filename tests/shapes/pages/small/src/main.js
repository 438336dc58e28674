import { heading } from "./heading";

document.title = heading(location.hostname);

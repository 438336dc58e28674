import { StrictMode } from "react";
import { createRoot } from "react-dom/client";

import { createClient } from "./api/client";
import { readConfig } from "./api/config";
import { App } from "./App";
import "./styles.css";

const root = document.getElementById("root");
if (root === null) {
  throw new Error("index.html has no element with the id root");
}

const config = readConfig(window.__PINGVAS_CONFIG__, import.meta.env);

createRoot(root).render(
  <StrictMode>
    <App client={createClient(config.apiUrl)} wsUrl={config.wsUrl} userId={visitor()} />
  </StrictMode>,
);

/** Who is at this browser: the same one at the next visit. */
function visitor(): string {
  const known = localStorage.getItem("pingvas.user");
  const id = known ?? crypto.randomUUID();
  localStorage.setItem("pingvas.user", id);
  return id;
}

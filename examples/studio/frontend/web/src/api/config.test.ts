import { describe, expect, it } from "vitest";

import { readConfig } from "./config";

const deployed = { apiUrl: "https://api.dev.pingvas.studio/", wsUrl: "wss://ws.dev.pingvas.studio" };
const built = {
  VITE_API_URL: "https://api.pingvas.studio",
  VITE_WS_URL: "wss://api.pingvas.studio",
};

describe("readConfig", () => {
  it.each([
    ["the deployment first", deployed, built, deployed.apiUrl.slice(0, -1), deployed.wsUrl],
    ["then the build", {}, built, built.VITE_API_URL, built.VITE_WS_URL],
    ["the build without config.js", undefined, built, built.VITE_API_URL, built.VITE_WS_URL],
    ["then the page's origin", {}, {}, window.location.origin, "ws://localhost:3000"],
    [
      "a WebSocket where the API is",
      { apiUrl: "https://api.dev.pingvas.studio" },
      {},
      "https://api.dev.pingvas.studio",
      "wss://api.dev.pingvas.studio",
    ],
  ])("takes %s", (_, fromDeployment, fromBuild, apiUrl, wsUrl) => {
    expect(readConfig(fromDeployment, fromBuild)).toEqual({ apiUrl, wsUrl });
  });
});

// Served by the frontend in place of the one it was built with: it tells the page where it runs.
window.__PINGVAS_CONFIG__ = {
  apiUrl: "https://api.dev.pingvas.studio",
  wsUrl: "wss://api.dev.pingvas.studio",
};

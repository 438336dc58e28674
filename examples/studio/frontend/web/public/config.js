// Replaced where the page is deployed, by a file of the same name with apiUrl and wsUrl.
// What isn't said here was said when the page was built (VITE_API_URL, VITE_WS_URL).
window.__PINGVAS_CONFIG__ = {};

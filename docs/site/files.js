// SPDX-License-Identifier: Apache-2.0
// Search in pages that are opened as files, where browsers neither fetch the index nor start a worker: the index is a script, and
// the worker runs in a hidden frame.
if (location.protocol === "file:") {
  const folder = new URL(".", document.currentScript.src);
  const loaded = (page, url) =>
    new Promise((resolve) => {
      const script = page.createElement("script");
      script.src = url;
      script.onload = resolve;
      page.head.appendChild(script);
    });

  window.__search = {index: loaded(document, new URL("search_index.js", folder)).then(() => window.search_index)};

  window.Worker = class extends EventTarget {
    constructor(url) {
      super();
      this.started = new Promise((resolve) => {
        const frame = document.createElement("iframe");
        frame.hidden = true;
        frame.onload = () => {
          frame.contentWindow.postMessage = (data) => this.dispatchEvent(new MessageEvent("message", {data}));
          loaded(frame.contentDocument, new URL(url, location.href)).then(() => resolve(frame.contentWindow));
        };
        document.body.appendChild(frame);
      });
    }
    postMessage(data) {
      this.started.then((scope) => scope.dispatchEvent(new MessageEvent("message", {data})));
    }
  };
}

// A page opened from a folder (file://) may start no worker, and the search runs in one. Here a hidden
// frame stands in for it: another global object, with the same messages. Served over HTTP, nothing changes.
if (location.protocol === "file:") {
  window.Worker = class extends EventTarget {
    constructor(url) {
      super();
      this.onmessage = this.onerror = null;
      this.frame = document.createElement("iframe");
      this.frame.hidden = true;
      document.body.append(this.frame);
      const inside = this.frame.contentWindow;
      inside.postMessage = (data) => this.say("message", structuredClone(data));
      const script = inside.document.createElement("script");
      script.src = new URL(url, location.href);
      this.ready = new Promise((loaded) => (script.onload = loaded));
      script.onerror = () => this.say("error");
      inside.document.body.append(script);
    }

    say(type, data) {
      const event = new MessageEvent(type, { data });
      this.dispatchEvent(event);
      this[`on${type}`]?.(event);
    }

    postMessage(data) {
      this.ready.then(() => {
        const inside = this.frame.contentWindow;
        inside?.dispatchEvent(new inside.MessageEvent("message", { data: structuredClone(data) }));
      });
    }

    terminate() {
      this.frame.remove();
    }
  };
}

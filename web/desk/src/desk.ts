// The desk's island: refreshes the parts of a page that change while it is open, and warns before
// unsaved text is lost. Every page reads and works the same without it.

const REFRESH_AFTER_MS = 400;
const RETRY_AFTER_MS = 5_000;

/** Parts of a page name the kinds of events that concern them: `<div id=inbox data-live="dispatch item">`. */
function liveParts(root: ParentNode): HTMLElement[] {
  return [...root.querySelectorAll<HTMLElement>("[data-live][id]")];
}

function concerns(part: HTMLElement, kind: string): boolean {
  return kind === "all" || (part.dataset.live ?? "").split(" ").includes(kind);
}

/** What somebody is using right now must not be taken from under their hands. */
function inUse(part: HTMLElement): boolean {
  const playing = [...part.querySelectorAll<HTMLMediaElement>("video, audio")].some((m) => !m.paused);
  const open = part.querySelector("details[open]") !== null;
  return playing || open || part.contains(document.activeElement);
}

/** Markup comes from this server alone, over the same session; maud escaped every foreign string in it. */
const policy = window.trustedTypes?.createPolicy("fh-desk", { createHTML: (markup: string) => markup });

function parse(markup: string): Document {
  const trusted = policy ? (policy.createHTML(markup) as unknown as string) : markup;
  return new DOMParser().parseFromString(trusted, "text/html");
}

let wanted = new Set<string>();
let timer: number | undefined;

async function refresh(): Promise<void> {
  const kinds = wanted;
  wanted = new Set();
  // Without the act that opened the gate: refreshing is no second look.
  const url = new URL(location.href);
  url.searchParams.delete("show");
  const response = await fetch(url, { headers: { Accept: "text/html" }, credentials: "same-origin" });
  if (response.redirected || response.status === 503) {
    location.reload();
    return;
  }
  if (!response.ok) return;
  const fresh = parse(await response.text());
  for (const part of liveParts(document)) {
    const next = fresh.getElementById(part.id);
    const asked = [...kinds].some((kind) => concerns(part, kind));
    if (next && asked && !inUse(part) && next.outerHTML !== part.outerHTML) {
      part.replaceWith(document.adoptNode(next));
    }
  }
}

function ask(kind: string): void {
  if (!liveParts(document).some((part) => concerns(part, kind))) return;
  wanted.add(kind);
  window.clearTimeout(timer);
  timer = window.setTimeout(() => {
    refresh().catch(() => wanted.add(kind));
  }, REFRESH_AFTER_MS);
}

/** The locked desk has no event stream; its one page looks again by itself. */
function watchLocked(): void {
  window.setInterval(() => ask("lock"), RETRY_AFTER_MS);
}

function listen(): void {
  // What happened between the making of the page and this moment is told first.
  const source = new EventSource(`/events?seen=${document.body.dataset.seen ?? ""}`);
  for (const kind of ["dispatch", "item", "story", "all"]) {
    source.addEventListener(kind, () => ask(kind));
  }
  source.addEventListener("lock", () => location.reload());
  window.addEventListener("pagehide", () => source.close(), { once: true });
}

function guardForms(): void {
  for (const form of document.querySelectorAll<HTMLFormElement>("form[data-guard]")) {
    let dirty = false;
    form.addEventListener("input", () => {
      dirty = true;
    });
    form.addEventListener("submit", () => {
      dirty = false;
    });
    window.addEventListener("beforeunload", (event) => {
      if (dirty) event.preventDefault();
    });
  }
}

/** A second press while the first is under way would count as another attempt. */
function sendOnce(): void {
  const sent = new WeakSet<HTMLFormElement>();
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (!(form instanceof HTMLFormElement) || form.method !== "post") return;
    if (sent.has(form)) event.preventDefault();
    sent.add(form);
    form.setAttribute("aria-busy", "true");
  });
  window.addEventListener("pageshow", (event) => {
    if (event.persisted) location.reload();
  });
}

function closeMenus(): void {
  document.addEventListener("click", (event) => {
    for (const menu of document.querySelectorAll<HTMLDetailsElement>("details.account[open]")) {
      if (event.target instanceof Node && !menu.contains(event.target)) menu.open = false;
    }
  });
}

const PREVIEW_AFTER_MS = 700;

/** What each channel is told follows the words while they are written. The answer is shown, nothing is saved. */
function previewForms(): void {
  for (const form of document.querySelectorAll<HTMLFormElement>("form[data-preview]")) {
    let timer: number | undefined;
    let latest = 0;
    const look = async () => {
      const mine = ++latest;
      const body = new URLSearchParams();
      for (const [name, value] of new FormData(form)) if (typeof value === "string") body.append(name, value);
      const response = await fetch(form.dataset.preview ?? "", { method: "POST", body, headers: { Accept: "text/html" }, credentials: "same-origin" });
      if (!response.ok || mine !== latest) return;
      const next = parse(await response.text()).getElementById("told");
      if (next) document.getElementById("told")?.replaceWith(document.adoptNode(next));
    };
    form.addEventListener("input", () => {
      window.clearTimeout(timer);
      // Without an answer the last preview stays; the button shows the next.
      timer = window.setTimeout(() => void look().catch(() => undefined), PREVIEW_AFTER_MS);
    });
  }
}

guardForms();
previewForms();
sendOnce();
closeMenus();
const kinds = new Set(liveParts(document).flatMap((part) => (part.dataset.live ?? "").split(" ")));
if (kinds.has("lock")) {
  watchLocked();
} else if (kinds.size > 0) {
  listen();
}

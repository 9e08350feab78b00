// What is being written, kept in the browser until it is saved: a closed tab loses nothing.
//
// localStorage holds, under a key per entry, drafts by token: { token: { time, base, title, text,
// note, classes: [[index, name], …] } }. Each visit to the editor writes under a token of its own,
// so that two tabs do not overwrite each other.

const PREFIX = "guide:";
const KEPT = 5;

export function readDrafts(key) {
  try {
    return JSON.parse(localStorage.getItem(key)) ?? {};
  } catch {
    return {};
  }
}

// Whether there was room for it.
export function keepDraft(key, token, draft) {
  const drafts = { ...readDrafts(key), [token]: draft };
  const newest = Object.entries(drafts).sort(([, a], [, b]) => b.time - a.time);
  return write(key, Object.fromEntries(newest.slice(0, KEPT)));
}

// Forgets a draft of whatever entry.
export function forgetDraft(token) {
  for (const key of Object.keys(localStorage).filter((name) => name.startsWith(PREFIX))) {
    const { [token]: gone, ...rest } = readDrafts(key);
    if (gone) write(key, rest);
  }
}

function write(key, drafts) {
  try {
    if (Object.keys(drafts).length) localStorage.setItem(key, JSON.stringify(drafts));
    else localStorage.removeItem(key);
    return true;
  } catch {
    return false;
  }
}

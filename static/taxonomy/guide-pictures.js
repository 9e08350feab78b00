// Pictures into the text: chosen, pasted or dropped.

// insert(markdown) puts a picture's Markdown at the caret; say(text) tells how it goes.
export function attachPictures(textarea, input, { url, token, insert, say }) {
  async function upload(files) {
    for (const file of files) {
      say(`Uploading ${file.name} …`);
      try {
        insert(await send(file));
        say("");
      } catch (error) {
        say(error.message);
      }
    }
  }

  async function send(file) {
    const body = new FormData();
    body.append("picture", file);
    const headers = { "X-CSRFToken": token };
    const response = await fetch(url, { method: "POST", body, headers }).catch(() => null);
    if (!response) throw new Error(`${file.name} was not uploaded: no connection.`);
    const answer = await response.json().catch(() => ({}));
    if (!response.ok) {
      throw new Error(answer.detail ?? `${file.name} was not uploaded (${response.status}).`);
    }
    return answer.markdown;
  }

  input.addEventListener("change", async () => {
    const files = [...input.files];
    input.value = "";
    textarea.focus();
    await upload(files);
  });
  textarea.addEventListener("paste", (event) => {
    // Office programs put a picture of the text beside the text.
    if (event.clipboardData.types.includes("text/plain")) return;
    take(event, event.clipboardData.files);
  });
  textarea.addEventListener("dragover", (event) => {
    if (!event.dataTransfer.types.includes("Files")) return;
    event.preventDefault();
    textarea.classList.add("is-target");
  });
  textarea.addEventListener("dragleave", () => textarea.classList.remove("is-target"));
  textarea.addEventListener("drop", (event) => {
    textarea.classList.remove("is-target");
    take(event, event.dataTransfer.files);
  });

  function take(event, files) {
    if (!files.length) return;
    event.preventDefault();
    upload([...files]);
  }
}

/* Narrows the list of facilities while somebody types: [data-facility-picker="address"] around province, words and list.
   Without this script a button does the same. Waits for the end of a composed letter (Telex, VNI). */

const WAIT_MS = 250;

for (const picker of document.querySelectorAll("[data-facility-picker]")) bind(picker);

function bind(picker) {
  const province = picker.querySelector("[name=province]");
  const words = picker.querySelector("[name=facility_words]");
  const list = picker.querySelector("[name=facility]");
  const said = picker.querySelector("[data-facility-said]");
  let timer = 0;
  let latest = 0;

  picker.querySelector("[data-facility-find]").hidden = true;

  const narrow = async () => {
    const turn = ++latest;
    const asked = new URLSearchParams({ province: province.value, facility_words: words.value.normalize("NFC") });
    try {
      const response = await fetch(`${picker.dataset.facilityPicker}?${asked}`, { headers: { Accept: "text/html" } });
      if (!response.ok || turn !== latest) return;
      show(await response.text());
    } catch {
      picker.querySelector("[data-facility-find]").hidden = false;
    }
  };

  const show = (html) => {
    const found = new DOMParser().parseFromString(`<select>${html}</select>`, "text/html");
    const options = [...found.querySelectorAll("option")];
    const chosen = list.selectedOptions[0];
    const isKept = chosen?.value && !options.some((option) => option.value === chosen.value);
    list.replaceChildren(...options.slice(0, 1), ...(isKept ? [chosen] : []), ...options.slice(1));
    if (chosen?.value) list.value = chosen.value;
    said.textContent = new DOMParser().parseFromString(html, "text/html").querySelector("template[data-said]")?.content.textContent.trim() ?? "";
  };

  const later = (event) => {
    if (event.isComposing) return;
    clearTimeout(timer);
    timer = setTimeout(narrow, WAIT_MS);
  };

  province.addEventListener("change", narrow);
  words.addEventListener("input", later);
  words.addEventListener("compositionend", () => later({ isComposing: false }));
  words.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && !event.isComposing) {
      event.preventDefault();
      narrow();
    }
  });
}

// In Wagtail's page editor: the address that follows the title is made of the title's bare letters. Wagtail by itself
// leaves out the letters whose marks it does not know, so that «Ba giai đoạn của bệnh» would become "ba-giai-djon-ca-bnh".
const BEFORE_ITS_FIELDS = true;

for (const moment of ["w-sync:check", "w-sync:apply"]) document.addEventListener(moment, bare, BEFORE_ITS_FIELDS);

function bare({ detail }) {
  if (typeof detail?.value !== "string") return;
  detail.value = detail.value.replaceAll("đ", "d").replaceAll("Đ", "D").normalize("NFD").replace(/\p{M}/gu, "");
}

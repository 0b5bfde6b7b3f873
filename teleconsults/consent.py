"""The wordings of the consent question. A published wording is never edited: a change is a new version below it."""

from dataclasses import dataclass

CONSENT_VERSION = "2026-11"


@dataclass(frozen=True, slots=True)
class Wording:
    """What stood on the screen, in one language: question, answers, the facility's statement, notice."""

    question: str
    agreed: str
    no_patient: str
    facility: str
    notice: str


# version -> language -> wording. Kept in the code, not in the translations, so that a version means these very words.
CONSENT_TEXTS: dict[str, dict[str, Wording]] = {
    "2026-11": {
        "vi": Wording(
            question="Người bệnh trong bản ghi này được bảo vệ bằng cách nào?",
            agreed=(
                "Người bệnh (hoặc người đại diện theo pháp luật; với trẻ từ đủ 7 tuổi thì cả trẻ và người đại diện) đã "
                "đồng ý bằng văn bản cho ghi hình buổi hội chẩn và dùng bản ghi để đào tạo nhân viên y tế. Văn bản "
                "đồng ý được lưu tại cơ sở của tôi."
            ),
            no_patient=(
                "Không thể nhận ra người bệnh nào qua hình ảnh, âm thanh hay chữ trong bản ghi: không có khuôn mặt, "
                "giọng nói, họ tên, ngày sinh, địa chỉ, số hồ sơ hay số thẻ. Tôi đã xem lại toàn bộ bản ghi."
            ),
            facility="Cơ sở của tôi đồng ý công bố bản ghi này để đào tạo nhân viên y tế.",
            notice=(
                "Thông tin sức khỏe là dữ liệu cá nhân nhạy cảm. Câu trả lời được lưu cùng tên của bạn, thời điểm và "
                "phiên bản của lời văn này. Người bệnh có thể rút lại sự đồng ý bất cứ lúc nào; khi đó, hãy gỡ bản ghi "
                "ngay."
            ),
        ),
        "en": Wording(
            question="How are the patients in this recording protected?",
            agreed=(
                "The patient (or the legal representative; for a child of 7 or older, both) has agreed in writing to "
                "the recording of the session and to its use in teaching health workers. My facility keeps the paper."
            ),
            no_patient=(
                "No patient can be recognised in picture, sound or text of the recording: there is no face, voice, "
                "name, date of birth, address, record number or card number. I have watched all of it."
            ),
            facility="My facility agrees to the publication of this recording for the teaching of health workers.",
            notice=(
                "Health information is sensitive personal data. Your answer is kept with your name, the time and the "
                "version of this wording. The patient may take the consent back at any time; then take the recording "
                "down at once."
            ),
        ),
    },
}


def current_wording(language: str) -> Wording:
    """What is asked today, in the reader's language."""
    wordings = CONSENT_TEXTS[CONSENT_VERSION]
    return wordings.get(language, wordings["vi"])

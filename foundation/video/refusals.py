"""Why a file is refused: a stable code for logs and tests, and a sentence that says what to do."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from foundation.kernel.errors import RefusedError


class VideoRefusedError(RefusedError):
    """Base of all refusals of a file."""

    message = _("This file cannot be used. Please choose another recording.")
    code = "video_refused"


class TooBigError(VideoRefusedError):
    message = _("The file is larger than the portal accepts. Export it again in a smaller size, for example 720p.")
    code = "too_big"


class OverQuotaError(VideoRefusedError):
    message = _(
        "You have too much under way already. Finish or throw away an upload that you began, or wait until your films"
        " are prepared, then try again."
    )
    code = "over_quota"


class EmptyFileError(VideoRefusedError):
    message = _("The file is empty. It was perhaps not copied to the end; copy it again from the recorder.")
    code = "empty"


class TextFileError(VideoRefusedError):
    message = _("This is a text file, whatever its name says. Choose the recording itself (MP4, MOV, MKV or WebM).")
    code = "text_file"


class PlaylistError(VideoRefusedError):
    message = _("This file only points to other files. Choose the recording itself (MP4, MOV, MKV or WebM).")
    code = "playlist"


class OtherKindError(VideoRefusedError):
    message = _("This is another kind of file, not a recording. Choose a video or sound file (MP4, MOV, MKV or WebM).")
    code = "other_kind"


class UnreadableError(VideoRefusedError):
    message = _(
        "The file cannot be read as a recording. It may be damaged or cut off; copy it again from the recorder, or "
        "export it as MP4."
    )
    code = "unreadable"


class TooLongError(VideoRefusedError):
    message = _("The recording says that it is longer than six hours. Cut it into sessions and upload them one by one.")
    code = "too_long"


class TooShortError(VideoRefusedError):
    message = _("The recording holds less than half a second. Check that you chose the right file.")
    code = "too_short"


class TooManyPixelsError(VideoRefusedError):
    message = _("The picture is larger than 8K. Export the recording as 1080p or 720p and upload that.")
    code = "too_many_pixels"


class TooFewPixelsError(VideoRefusedError):
    message = _("The picture is smaller than 16 pixels. Check that you chose the right file.")
    code = "too_few_pixels"


class TooManyStreamsError(VideoRefusedError):
    message = _("The file holds more than 16 tracks. Export it with one picture and one sound track.")
    code = "too_many_streams"


class NothingToPlayError(VideoRefusedError):
    message = _("The file holds neither a picture nor a sound track that can be played.")
    code = "nothing_to_play"


class OddFrameRateError(VideoRefusedError):
    message = _("The file states an impossible number of pictures a second. Export it again at 25 or 30.")
    code = "odd_frame_rate"


class UndecodableError(VideoRefusedError):
    message = _(
        "Parts of the recording cannot be played. It was perhaps cut off while copying; copy it again from the "
        "recorder and upload the new copy."
    )
    code = "undecodable"


class ProbeTimeoutError(VideoRefusedError):
    message = _("Examining the file took too long. Export it again as MP4 and upload that.")
    code = "probe_timeout"


class RedactionRefusedError(RefusedError):
    """Base of what stands in the way of a redaction."""

    message = _("This cannot be redacted.")
    code = "redaction_refused"


class NothingMarkedError(RedactionRefusedError):
    message = _("Nothing is marked yet. Mark at least one span or one place that is to go.")
    code = "nothing_marked"


class NothingLeftError(RedactionRefusedError):
    message = _("The cuts would leave less than two seconds of the film. Cut less, or withdraw the recording.")
    code = "nothing_left"


class NotWholeYetError(RedactionRefusedError):
    message = _("The film is still being prepared. It can be redacted once every quality is there.")
    code = "not_whole_yet"


class UnderWayError(RedactionRefusedError):
    message = _("A redacted film is being made. Wait until it is there, or stop that first.")
    code = "under_way"


class NoFinderError(RedactionRefusedError):
    message = _("This portal has nothing that looks for faces or names by itself. Mark them by hand.")
    code = "no_finder"


class NoCandidateError(RedactionRefusedError):
    message = _("This was decided already. Look at the list as it is now.")
    code = "no_candidate"


class OriginalGoneError(RedactionRefusedError):
    message = _("The original has expired, so that the film cannot be made anew. Upload the recording again.")
    code = "original_gone"


_KINDS: list[type[VideoRefusedError]] = [VideoRefusedError, *VideoRefusedError.__subclasses__()]
_BY_CODE = {refusal.code: refusal for refusal in _KINDS}


def refusal_named(code: str) -> VideoRefusedError:
    """The refusal behind a stored code; the general one for a code of another version."""
    return _BY_CODE.get(code, VideoRefusedError)()


def sentence_of(code: str) -> str | Promise:
    """What to tell a person about a stored code; empty for an empty one."""
    return refusal_named(code).message if code else ""


class StaleError(RefusedError):
    """Base of what is said where a form was opened on something that is no longer there."""

    message = _("This page was out of date.")
    code = "stale"


class ChangedMeanwhileError(StaleError):
    message = _(
        "This was changed elsewhere after you opened this page: in another window, or on another device. What you typed"
        " stands below and is not kept yet. Save again to put it in the place of what is there now."
    )
    code = "changed_meanwhile"


class FilmMadeAnewError(StaleError):
    message = _(
        "The film was made anew after you opened this page: times may have moved, and words that were cut may stand"
        " below. What you typed is not kept yet. Compare it with the film, then save again."
    )
    code = "film_made_anew"


class CaptionsRefusedError(RefusedError):
    """Base of all refusals of captions and chapters; `line` counts from 1."""

    message = _("Line %(line)s cannot be read.")
    code = "captions_refused"

    def __init__(self, *, line: int) -> None:
        self.line = line
        super().__init__(self.message % {"line": line})


class CaptionsTimeError(CaptionsRefusedError):
    message = _("Line %(line)s: the times cannot be read. Write them as 00:01:05.000 --> 00:01:08.500.")
    code = "captions_time"


class CaptionsOrderError(CaptionsRefusedError):
    message = _("Line %(line)s: the words end before they begin. The second time must be the later one.")
    code = "captions_order"


class CaptionsEmptyError(CaptionsRefusedError):
    message = _("There are no captions in it. Choose a WebVTT (.vtt) or SubRip (.srt) file.")
    code = "captions_empty"


class CaptionsTooManyError(CaptionsRefusedError):
    message = _("Line %(line)s: there are more captions than one recording can have.")
    code = "captions_too_many"


class CaptionsEncodingError(CaptionsRefusedError):
    message = _("The file is not text in UTF-8. Save it again with this encoding.")
    code = "captions_encoding"


class ChapterLineError(CaptionsRefusedError):
    message = _("Line %(line)s: write the time first, then the title, for example “4:07 Fluids on day 5”.")
    code = "chapter_line"


class ChapterLateError(CaptionsRefusedError):
    message = _("Line %(line)s: this chapter begins after the end of the film.")
    code = "chapter_late"


class ChapterTwiceError(CaptionsRefusedError):
    message = _("Line %(line)s: another chapter begins at the same second.")
    code = "chapter_twice"

"""MediaPipe's PoseLandmarker in VIDEO mode, one person, as a `PoseExtractor`."""

from __future__ import annotations

from contextlib import ExitStack, closing
from types import TracebackType
from typing import Any

import numpy as np

from edgekit.errors import DataError
from edgekit.pose.extract import NO_PERSON, Landmarks
from edgekit.pose.models import ModelFile
from edgekit.pose.native import mediapipe
from edgekit.pose.native_log import NativeLog
from edgekit.pose.offline import no_reports
from edgekit.pose.source import Frame


class MediaPipePose:
    """Context manager: inside it, one landmarker for one recording."""

    def __init__(self, model: ModelFile) -> None:
        """Load MediaPipe; the model is loaded on entering.

        Raises:
            MissingExtraError: MediaPipe, or what it needs, is not installed.
        """
        self._mediapipe = mediapipe()
        self._model = model
        self._has_met_person = False
        self._last_ms = -1

    @property
    def version(self) -> str:
        """Package and release."""
        return f"mediapipe {self._mediapipe.__version__}"

    @property
    def model_sha256(self) -> str:
        """The `.task` file's SHA-256."""
        return self._model.sha256

    def __enter__(self) -> MediaPipePose:
        """Load the model.

        Raises:
            DataError: MediaPipe cannot load it.
        """
        with ExitStack() as stack:
            stack.enter_context(no_reports())
            self._log = stack.enter_context(closing(NativeLog()))
            self._landmarker = stack.enter_context(self._create())
            self._open = stack.pop_all()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close the landmarker."""
        self._open.close()

    def detect(self, frame: Frame) -> Landmarks:
        """Return float32 (33, 5) exactly as MediaPipe gives it; all NaN without a person.

        x in image widths, y in image heights, z in image widths and smaller towards the camera,
        visibility, presence. Frames must come in the order of their times.

        Raises:
            DataError: MediaPipe refuses the frame.
        """
        image = self._mediapipe.Image(
            image_format=self._mediapipe.ImageFormat.SRGB, data=np.ascontiguousarray(frame.rgb)
        )
        # MediaPipe wants whole milliseconds that increase.
        self._last_ms = max(self._last_ms + 1, round(frame.t_s * 1000))
        try:
            poses = self._detect(image).pose_landmarks
        except (RuntimeError, ValueError) as error:
            raise DataError(
                f"frame at {frame.t_s:.3f} s: MediaPipe refuses it ({_first_line(error)})"
            ) from error
        if not poses:
            return NO_PERSON
        self._has_met_person = True
        return np.array(
            [[p.x, p.y, p.z, p.visibility, p.presence] for p in poses[0]], dtype=np.float32
        )

    def _detect(self, image: Any) -> Any:
        # The last warning that means nothing comes with the first person; later ones may count.
        if self._has_met_person:
            return self._landmarker.detect_for_video(image, self._last_ms)
        with self._log.held():
            return self._landmarker.detect_for_video(image, self._last_ms)

    def _create(self) -> Any:
        tasks = self._mediapipe.tasks
        options = tasks.vision.PoseLandmarkerOptions(
            base_options=tasks.BaseOptions(model_asset_path=str(self._model.path)),
            running_mode=tasks.vision.RunningMode.VIDEO,
            num_poses=1,
            output_segmentation_masks=False,
        )
        try:
            with self._log.held():
                return tasks.vision.PoseLandmarker.create_from_options(options)
        except (RuntimeError, ValueError) as error:
            raise DataError(
                f"{self._model.path}: MediaPipe cannot load it ({_first_line(error)}); "
                "`edgekit pose fetch` makes one that it can"
            ) from error


def _first_line(error: Exception) -> str:
    return (str(error) or type(error).__name__).splitlines()[0]

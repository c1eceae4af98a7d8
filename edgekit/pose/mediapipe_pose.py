"""MediaPipe's PoseLandmarker in VIDEO mode, one person, as a `PoseExtractor`."""

from __future__ import annotations

from contextlib import ExitStack
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
    """Context manager around one landmarker; for one recording, as it follows a person."""

    def __init__(self, model: ModelFile) -> None:
        self.model_sha256 = model.sha256
        self._mediapipe = mediapipe()
        self.version = f"mediapipe {self._mediapipe.__version__}"
        self._path = model.path
        self._stack = ExitStack()
        self._log = NativeLog()
        self._is_settled = False
        self._last_ms = -1
        self._landmarker: Any = None

    def __enter__(self) -> MediaPipePose:
        """Load the model.

        Raises:
            DataError: MediaPipe cannot load it.
        """
        self._stack.enter_context(no_reports())
        self._stack.callback(self._log.close)
        try:
            with self._log.held():
                landmarker = self._create()
        except (RuntimeError, ValueError) as error:
            self._stack.close()
            raise DataError(
                f"{self._path}: MediaPipe cannot load it ({_first_line(error)}); "
                "`edgekit pose fetch` makes one that it can"
            ) from error
        self._landmarker = self._stack.enter_context(landmarker)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close the landmarker."""
        self._stack.close()

    def detect(self, frame: Frame) -> Landmarks:
        """Return float32 (33, 5) exactly as MediaPipe gives it: x, y, z, visibility, presence.

        x in image widths, y in image heights, z in image widths towards the camera negative.
        All NaN when there is no person. Frames must come in the order of their times.

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
        # The last of the warnings that mean nothing comes with the first person.
        self._is_settled = True
        return np.array(
            [[p.x, p.y, p.z, p.visibility, p.presence] for p in poses[0]], dtype=np.float32
        )

    def _create(self) -> Any:
        tasks = self._mediapipe.tasks
        options = tasks.vision.PoseLandmarkerOptions(
            base_options=tasks.BaseOptions(model_asset_path=str(self._path)),
            running_mode=tasks.vision.RunningMode.VIDEO,
            num_poses=1,
            output_segmentation_masks=False,
        )
        return tasks.vision.PoseLandmarker.create_from_options(options)

    def _detect(self, image: Any) -> Any:
        if self._is_settled:
            return self._landmarker.detect_for_video(image, self._last_ms)
        with self._log.held():
            return self._landmarker.detect_for_video(image, self._last_ms)


def _first_line(error: Exception) -> str:
    return (str(error) or type(error).__name__).splitlines()[0]

"""From pictures to landmarks: a video, a camera or a folder of images becomes a `PoseTrack`."""

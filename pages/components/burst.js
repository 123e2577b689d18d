// The camera's picture, and a button that takes several frames, one after the other, and sends them to the server as
// JPEG files. A browser gives the camera to secure pages alone: https, or this computer's own address.

const QUALITY = 0.92; // of a JPEG

// The largest size of the same shape whose longer side has at most `most` pixels.
function fit(width, height, most) {
  const scale = Math.min(1, most / Math.max(width, height));
  return [Math.round(width * scale), Math.round(height * scale)];
}

function why(error, words) {
  if (error.name === "NotAllowedError") return words.refused;
  if (error.name === "NotFoundError") return words.none;
  return words.failed;
}

// Streamlit calls this at every new `data`: {count, interval (milliseconds), side (pixels), words}, and what it returns
// when the component goes.
export default function ({ parentElement, data, setTriggerValue }) {
  const root = parentElement.querySelector(".eplab-burst");
  const [video, said] = [root.querySelector("video"), root.querySelector("p")];
  const [start, take] = root.querySelectorAll("button");
  const { words } = data;
  [start.textContent, take.textContent] = [words.start, words.take];
  video.setAttribute("aria-label", words.picture);
  if (!navigator.mediaDevices?.getUserMedia) {
    start.hidden = take.hidden = video.hidden = true;
    said.textContent = words.insecure;
    return undefined;
  }
  const live = () => Boolean(video.srcObject?.active);
  const show = () => {
    video.hidden = !live();
    start.hidden = live();
    take.hidden = !live();
  };
  start.onclick = async () => {
    said.textContent = words.asking;
    try {
      video.srcObject = await navigator.mediaDevices.getUserMedia({ video: true });
      await video.play();
      said.textContent = "";
    } catch (error) {
      said.textContent = why(error, words);
    }
    show();
  };
  take.onclick = async () => {
    take.disabled = true;
    const canvas = document.createElement("canvas");
    [canvas.width, canvas.height] = fit(video.videoWidth, video.videoHeight, data.side);
    const frames = [];
    while (frames.length < data.count && live()) {
      canvas.getContext("2d").drawImage(video, 0, 0, canvas.width, canvas.height);
      frames.push(canvas.toDataURL("image/jpeg", QUALITY));
      said.textContent = `${frames.length} / ${data.count}`;
      await new Promise((done) => setTimeout(done, data.interval));
    }
    said.textContent = "";
    take.disabled = false;
    if (frames.length) setTriggerValue("frames", frames);
  };
  show();
  // Streamlit calls it when the component goes: the camera's light goes out.
  return () => video.srcObject?.getTracks().forEach((track) => track.stop());
}

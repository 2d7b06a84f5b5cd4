// The line of a lab that tells: read aloud where it changes, and the lab's keys are its own.

import { isOfTheLab } from "./lab_keys.js";
import { Lifetime } from "./lifetime.js";

function render({ model, el }) {
  const life = new Lifetime();
  const show = () => (el.innerHTML = model.get("value"));
  const keep = (event) => {
    if (isOfTheLab(event)) event.stopPropagation();
  };
  // the line is made before it stands in its lab
  const findLab = () => {
    if (life.gone) return;
    const lab = el.isConnected && el.closest(".workbench-lab");
    if (lab) life.on(lab, "keydown", keep);
    else requestAnimationFrame(findLab);
  };
  el.setAttribute("role", "status");
  show();
  findLab();
  life.onModel(model, { value: show });
  return () => life.end();
}

export default { render };

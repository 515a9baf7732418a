"use strict";
// Skeletons on a canvas, for every page of hypgcn. A joint is [x, y], [x, y, z] or null, a body a list of joints.

const Skeleton = (() => {
  /** Colour of a class; classes differ by hue. */
  function colour(number, count) {
    return `hsl(${Math.round((360 * number) / Math.max(1, count))} 65% 50%)`;
  }

  /** Scale and shift from joints to a picture of this size, so that all of them are in it. */
  function fit(bodies, width, height, up) {
    let [left, right, low, high] = [Infinity, -Infinity, Infinity, -Infinity];
    for (const body of bodies) {
      for (const joint of body) {
        if (!joint) continue;
        left = Math.min(left, joint[0]); right = Math.max(right, joint[0]);
        low = Math.min(low, joint[1]); high = Math.max(high, joint[1]);
      }
    }
    if (left > right) return () => [width / 2, height / 2];
    const scale = 0.85 * Math.min(width / (right - left || 1), height / (high - low || 1));
    const [x, y] = [(left + right) / 2, (low + high) / 2];
    return (joint) => [width / 2 + scale * (joint[0] - x), height / 2 + (up ? -1 : 1) * scale * (joint[1] - y)];
  }

  /** `joint` about `centre`, turned by `yaw` about the vertical, then by `pitch` towards the viewer; in radians. */
  function turned(joint, centre, yaw, pitch) {
    const [x, y, z] = [0, 1, 2].map((axis) => (joint[axis] || 0) - (centre[axis] || 0));
    const [side, deep] = [x * Math.cos(yaw) + z * Math.sin(yaw), z * Math.cos(yaw) - x * Math.sin(yaw)];
    return [side, y * Math.cos(pitch) + deep * Math.sin(pitch), deep * Math.cos(pitch) - y * Math.sin(pitch)];
  }

  /**
   * Draw one body.
   *
   * place : from a joint to [x, y] of the picture.
   * bones : pairs of joints; those with a joint that is null are left out.
   * look : what the pen has for a joint or bone: { ink(joint), width, size, hollow(joint), shade(joint) }; all but
   *   ink may be left out. A hollow joint is a ring, and its bones are dashed; shade is the opacity, 0..1.
   * Returns the highest joint in the picture, null where there is none.
   */
  function drawBody(pen, body, bones, place, look) {
    const hollow = look.hollow || (() => false);
    const shade = look.shade || (() => 1);
    const size = look.size || 3.5;
    pen.lineWidth = look.width || 3;
    pen.lineCap = "round";
    for (const [from, to] of bones) {
      if (!body[from] || !body[to]) continue;
      pen.strokeStyle = look.ink(from);
      pen.globalAlpha = (shade(from) + shade(to)) / 2;
      pen.setLineDash(hollow(from) || hollow(to) ? [5, 6] : []);
      pen.beginPath();
      pen.moveTo(...place(body[from]));
      pen.lineTo(...place(body[to]));
      pen.stroke();
    }
    pen.setLineDash([]);
    let top = null;
    body.forEach((joint, number) => {
      if (!joint) return;
      const at = place(joint);
      pen.globalAlpha = shade(number);
      pen.beginPath();
      pen.arc(at[0], at[1], size, 0, 2 * Math.PI);
      if (hollow(number)) {
        pen.strokeStyle = look.ink(number);
        pen.lineWidth = 1.5;
        pen.stroke();
      } else {
        pen.fillStyle = look.ink(number);
        pen.fill();
      }
      if (top === null || at[1] < top[1]) top = at;
    });
    pen.globalAlpha = 1;
    return top;
  }

  return { colour, fit, turned, drawBody };
})();

if (typeof module !== "undefined") module.exports = Skeleton;

"use strict";
// Moving skeletons of recorded clips, with what a network says of each: pages of `hypgcn view` and `hypgcn demo`.

/** Bodies of a clip from what the page holds: whole numbers, in steps of `step`, of every person, frame and joint. */
function unpack(clip) {
  const { persons, frames, joints, channels } = clip.shape;
  const guessed = clip.people.map((person) => new Set(person.filled));
  const bodies = clip.people.map((person) => Array.from({ length: frames }, (_, frame) => {
    if (person.absent.includes(frame)) return null;
    return Array.from({ length: joints }, (__, joint) => {
      const at = (frame * joints + joint) * channels;
      return Array.from({ length: channels }, (___, axis) => person.places[at + axis] * clip.step);
    });
  }));
  const filled = (person, frame, joint) => guessed[person].has(frame * joints + joint);
  return { ...clip, bodies, filled, frames, persons, solid: channels === 3 };
}

/** Middle and extent of all bodies: half the width however they are turned, and half the height. */
function extent(clip) {
  const low = [Infinity, Infinity, Infinity];
  const high = [-Infinity, -Infinity, -Infinity];
  const each = (visit) => clip.bodies.forEach((frames) => frames.forEach((body) => body && body.forEach(visit)));
  each((joint) => joint.forEach((value, axis) => {
    low[axis] = Math.min(low[axis], value); high[axis] = Math.max(high[axis], value);
  }));
  if (low[0] > high[0]) return { centre: [0, 0, 0], across: 1, upright: 1, floor: 0 };
  const centre = low.map((value, axis) => (Number.isFinite(value) ? (value + high[axis]) / 2 : 0));
  let across = 0;
  each((joint) => {
    across = Math.max(across, Math.hypot(joint[0] - centre[0], (joint[2] || 0) - centre[2]));
  });
  return { centre, across: across || 1, upright: (high[1] - low[1]) / 2 || 1, floor: low[1] };
}

class Player {
  constructor(host, data) {
    this.host = host;
    this.page = host.document;
    this.clips = data.clips;
    this.at = 0;
    this.yaw = 0.4;
    this.pitch = 0.15;
    this.playing = !host.matchMedia("(prefers-reduced-motion: reduce)").matches;
    this.time = 0;
    this.frame = 0;
    this.choose(0);
  }

  get(name) { return this.page.getElementById(name); }

  choose(number) {
    this.at = (number + this.clips.length) % this.clips.length;
    this.clip = unpack(this.clips[this.at]);
    this.extent = extent(this.clip);
    this.time = this.frame = 0;
    this.get("clip").selectedIndex = this.at;
    this.get("frame").max = this.clip.frames - 1;
    this.get("scene").classList.toggle("solid", this.clip.solid);
    this.get("notes").textContent = this.clip.notes.join("; ");
    if (this.clip.answer) this.showAnswer(this.clip.answer);
    this.showFrame();
  }

  play(on) {
    this.playing = on;
    this.get("play").textContent = on ? "Pause" : "Play";
    this.get("play").setAttribute("aria-pressed", String(on));
  }

  /** Show frame `number`, and pause there. */
  step(number) {
    this.play(false);
    this.frame = (number + this.clip.frames) % this.clip.frames;
    this.time = this.frame / this.clip.rate;
    this.showFrame();
  }

  turn(right, down) {
    this.yaw += right;
    this.pitch = Math.max(-1.4, Math.min(1.4, this.pitch + down));
    this.draw();
  }

  /** The next picture, `seconds` after the one before. */
  advance(seconds) {
    if (!this.playing) return;
    this.time = (this.time + seconds * Number(this.get("speed").value)) % (this.clip.frames / this.clip.rate);
    const frame = Math.min(this.clip.frames - 1, Math.floor(this.time * this.clip.rate));
    if (frame !== this.frame) {
      this.frame = frame;
      this.showFrame();
    }
  }

  showFrame() {
    this.get("frame").value = this.frame;
    this.get("count").textContent = `${this.frame + 1} / ${this.clip.frames}`;
    this.draw();
  }

  colourOf(name) {
    return this.host.getComputedStyle(this.page.documentElement).getPropertyValue(`--${name}`).trim() || "#888";
  }

  draw() {
    const canvas = this.get("scene");
    const ratio = this.host.devicePixelRatio || 1;
    const [width, height] = [canvas.clientWidth, canvas.clientHeight];
    if (canvas.width !== Math.round(width * ratio) || canvas.height !== Math.round(height * ratio)) {
      canvas.width = Math.round(width * ratio);
      canvas.height = Math.round(height * ratio);
    }
    const pen = canvas.getContext("2d");
    pen.setTransform(ratio, 0, 0, ratio, 0, 0);
    pen.clearRect(0, 0, width, height);
    const clip = this.clip;
    const { centre, across, upright } = this.extent;
    const scale = Math.min((0.44 * width) / across, (0.44 * height) / (upright + (clip.solid ? 0.2 * across : 0)));
    const up = clip.up ? -1 : 1;
    const [yaw, pitch] = clip.solid ? [this.yaw, up * -this.pitch] : [0, 0];
    const place = (joint) => {
      const [x, y] = Skeleton.turned(joint, centre, yaw, pitch);
      return [width / 2 + scale * x, height / 2 + up * scale * y];
    };
    const inks = { l: this.colourOf("left"), r: this.colourOf("right"), m: this.colourOf("middle") };
    if (clip.solid && clip.up) this.drawFloor(pen, place);
    let shown = 0;
    clip.bodies.forEach((frames, person) => {
      const body = frames[this.frame];
      if (!body) return;
      shown += 1;
      const top = Skeleton.drawBody(pen, body, clip.bones, place, {
        ink: (joint) => inks[clip.sides[joint]],
        hollow: (joint) => clip.filled(person, this.frame, joint),
        shade: (joint) => {
          if (!clip.solid) return 1;
          return Math.max(0.45, Math.min(1, 0.8 - (0.35 * Skeleton.turned(body[joint], centre, yaw, pitch)[2]) / across));
        },
        width: 4,
        size: 4,
      });
      if (clip.persons > 1 && top) {
        pen.fillStyle = this.colourOf("quiet");
        pen.font = "14px system-ui, sans-serif";
        pen.fillText(`person ${person + 1}`, top[0] + 8, Math.max(14, top[1] - 8));
      }
    });
    canvas.dataset.shown = shown;
  }

  /** A square grid under the feet, so that depth can be seen. */
  drawFloor(pen, place) {
    const { centre, across, floor } = this.extent;
    pen.strokeStyle = this.colourOf("line");
    pen.lineWidth = 1;
    const line = (from, to) => {
      pen.beginPath();
      pen.moveTo(...place([from[0], floor, from[1]]));
      pen.lineTo(...place([to[0], floor, to[1]]));
      pen.stroke();
    };
    for (let k = -3; k <= 3; k += 1) {
      const [x, z] = [centre[0] + (k * across) / 3, centre[2] + (k * across) / 3];
      line([x, centre[2] - across], [x, centre[2] + across]);
      line([centre[0] - across, z], [centre[0] + across, z]);
    }
  }

  element(tag, text, name) {
    const made = this.page.createElement(tag);
    if (text !== undefined) made.textContent = text;
    if (name) made.className = name;
    return made;
  }

  /** Class, scores, densities and cycles of the present clip. */
  showAnswer(answer) {
    this.get("answer").textContent = answer.label;
    const truth = this.get("truth");
    truth.textContent = answer.truth === null ? answer.source : `recorded as: ${answer.truth}`;
    truth.className = answer.truth === null ? "quiet" : answer.truth === answer.label ? "good" : "bad";
    this.get("scores").replaceChildren(...answer.scores.map(([name, probability, score], number) => {
      const row = this.element("li", undefined, number ? "" : "first");
      const track = this.element("span", undefined, "track");
      const bar = this.element("span");
      bar.style.width = `${100 * probability}%`;
      track.append(bar);
      const value = this.element("span", `${(100 * probability).toFixed(1)} %`);
      value.title = `score ${score}`;
      row.append(this.element("span", name), value, track);
      return row;
    }));
    this.get("timing").textContent = answer.timing;
    this.get("check").textContent = answer.check;
    this.get("check").className = answer.equal ? "good" : answer.equal === false ? "bad" : "quiet";
    const most = Math.max(1, ...answer.blocks.map((block) => block.busy || 0));
    this.get("blocks").replaceChildren(...answer.blocks.map((block, number) => {
      const row = this.element("tr");
      row.append(this.element("td", `block ${number + 1}`));
      for (const [name, colour] of [["x", "--first"], ["z", "--second"], ["h", "--third"]]) {
        row.append(this.cell(block[name], `${(100 * block[name]).toFixed(0)} %`, colour));
      }
      row.append(block.busy === null ? this.element("td", "not simulated", "quiet") :
        this.cell(block.busy / most, block.busy.toLocaleString("en"), "--fourth"));
      return row;
    }));
  }

  cell(share, text, colour) {
    const cell = this.element("td");
    const fill = this.element("span", undefined, "fill");
    fill.style.width = `${Math.min(100, 100 * share)}%`;
    fill.style.setProperty("--colour", `var(${colour})`);
    cell.append(fill, this.element("span", text, "value"));
    return cell;
  }

  /** Whether the key did something. */
  key(name, shift) {
    const turns = { ArrowLeft: [-0.1, 0], ArrowRight: [0.1, 0], ArrowUp: [0, -0.1], ArrowDown: [0, 0.1] };
    if (shift && turns[name]) this.turn(...turns[name]);
    else if (name === " ") this.play(!this.playing);
    else if (name === "ArrowLeft") this.step(this.frame - 1);
    else if (name === "ArrowRight") this.step(this.frame + 1);
    else if (name === "PageUp") this.choose(this.at - 1);
    else if (name === "PageDown") this.choose(this.at + 1);
    else if (name === "0") [this.yaw, this.pitch] = [0, 0];
    else return false;
    this.draw();
    return true;
  }
}

/** Connect the page; `host` is the window. */
function start(host) {
  const page = host.document;
  const player = new Player(host, JSON.parse(page.getElementById("data").textContent));
  const get = (name) => page.getElementById(name);
  get("play").addEventListener("click", () => player.play(!player.playing));
  get("frame").addEventListener("input", () => player.step(Number(get("frame").value)));
  get("clip").addEventListener("change", () => player.choose(get("clip").selectedIndex));
  page.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey) return;
    const own = { SELECT: true, INPUT: event.key.startsWith("Arrow"), BUTTON: event.key === " " };
    if (own[event.target.tagName]) return; // the element itself does something with this key
    if (player.key(event.key, event.shiftKey)) event.preventDefault();
  });
  const scene = get("scene");
  let last = null;
  scene.addEventListener("pointerdown", (event) => {
    last = [event.clientX, event.clientY];
    scene.setPointerCapture(event.pointerId);
  });
  scene.addEventListener("pointermove", (event) => {
    if (!last || !player.clip.solid) return;
    player.turn((event.clientX - last[0]) / 150, (event.clientY - last[1]) / 150);
    last = [event.clientX, event.clientY];
  });
  for (const end of ["pointerup", "pointercancel"]) scene.addEventListener(end, () => { last = null; });
  host.addEventListener("resize", () => player.draw());
  host.matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => player.draw());
  player.play(player.playing);
  let before = null;
  const tick = (now) => {
    if (before !== null) player.advance(Math.min(0.2, (now - before) / 1000));
    before = now;
    host.requestAnimationFrame(tick);
  };
  host.requestAnimationFrame(tick);
  return player;
}

if (typeof module === "undefined") window.player = start(window);
else module.exports = { Player, extent, start, unpack };

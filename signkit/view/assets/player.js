// Plays a packed pose (signkit/view/score_page_pose.py) on a canvas.
// onframe: called with (milliseconds in the source, is it playing) after every frame drawn.
class PosePlayer {
  constructor(canvas, pose, onframe = () => {}) {
    Object.assign(this, { canvas, pose, onframe, frame: 0, speed: 1, playing: false });
    const bytes = Uint8Array.from(atob(pose.xy), character => character.charCodeAt(0));
    const view = new DataView(bytes.buffer);
    this.xy = Float32Array.from({ length: bytes.length / 2 }, (_, i) => {
      const whole = view.getUint16(2 * i, true);
      return whole === 65535 ? NaN : (whole - 8192) / 32;
    });
    this.draw();
  }
  get start() { return this.pose.times[0] ?? 0; }
  get time() { return this.pose.times[this.frame] ?? 0; }
  get last() { return this.pose.times.length - 1; }

  // The last frame that had begun at this time.
  frameAt(time) {
    let low = 0, high = this.last;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (this.pose.times[middle] <= time) low = middle; else high = middle - 1;
    }
    return Math.max(low, 0);
  }
  show(frame) {
    this.frame = Math.min(Math.max(frame, 0), Math.max(this.last, 0));
    this.clock = this.time;
    this.draw();
  }
  seek(time) { this.show(this.frameAt(time)); }
  // The first frame that begins at this time or after it, so that what begins then is shown.
  enter(time) {
    const frame = this.pose.times.findIndex(begun => begun >= time);
    this.show(frame < 0 ? this.last : frame);
  }
  step(by) { this.pause(); this.show(this.frame + by); }
  toggle() { if (this.playing) this.pause(); else this.play(); }
  pause() { this.playing = false; this.draw(); }
  play() {
    if (this.frame >= this.last) this.frame = 0;
    this.clock = this.time;
    this.playing = true;
    this.draw();
    let before = performance.now();
    const tick = now => {
      if (!this.playing) return;
      this.clock += Math.max(now - before, 0) * this.speed;
      before = now;
      this.frame = this.frameAt(this.clock);
      if (this.clock >= this.pose.end) this.playing = false;
      this.draw();
      if (this.playing) requestAnimationFrame(tick);
    };
    requestAnimationFrame(tick);
  }

  draw() {
    const { canvas, pose } = this, pen = canvas.getContext("2d");
    const colors = getComputedStyle(canvas), color = name => colors.getPropertyValue(`--${name}`);
    const at = i => {
      const where = 2 * (this.frame * pose.n + i);
      return [this.xy[where], this.xy[where + 1]];
    };
    const isSeen = ([x]) => x === x;
    pen.clearRect(0, 0, canvas.width, canvas.height);
    pen.fillStyle = color("fill");
    pen.fillRect(...pose.picture);
    pen.lineCap = pen.lineJoin = "round";
    this.head(pen, pose.head.map(at).filter(isSeen), color("body"));
    for (const [kind, chains] of Object.entries(pose.lines)) {
      pen.strokeStyle = color(kind === "face" ? "body" : kind);
      pen.lineWidth = { body: 7, face: 2 }[kind] ?? 4.5;
      pen.beginPath();
      for (const chain of chains) {
        let isDown = false;
        for (const point of chain.map(at)) {
          if (isDown && isSeen(point)) pen.lineTo(...point);
          else if (isSeen(point)) pen.moveTo(...point);
          isDown = isSeen(point);
        }
      }
      pen.stroke();
    }
    for (const [kind, dots] of Object.entries(pose.dots)) {
      pen.fillStyle = color(kind === "face" ? "body" : kind);
      for (const [x, y] of dots.map(at).filter(isSeen)) {
        pen.beginPath();
        pen.arc(x, y, kind === "face" ? 2 : 6, 0, 2 * Math.PI);
        pen.fill();
      }
    }
    this.onframe(this.playing ? this.clock : this.time, this.playing);
  }
  // An outline around what is known of a head without a face; ears may be all there is.
  head(pen, points, color) {
    if (points.length < 3) return;
    const box = [0, 1].map(axis => points.map(point => point[axis]))
      .map(values => [Math.min(...values), Math.max(...values)]);
    const longer = Math.max(...box.map(([low, high]) => high - low));
    const radii = box.map(([low, high], axis) => Math.max((high - low) / 2, longer * [.38, .6][axis]));
    pen.strokeStyle = color;
    pen.lineWidth = 7;
    pen.beginPath();
    pen.ellipse(...box.map(([low, high]) => (low + high) / 2), ...radii, 0, 0, 2 * Math.PI);
    pen.stroke();
  }
}

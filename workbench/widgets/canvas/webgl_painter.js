// Edges and nodes of a large graph by WebGL.

const LINE_VERTEX = `
attribute vec2 at;
uniform vec4 view;
void main() { gl_Position = vec4(at * view.xy + view.zw, 0.0, 1.0); }`;
const LINE_FRAGMENT = `
precision highp float;
uniform vec4 color;
void main() { gl_FragColor = color; }`;
const POINT_VERTEX = `
attribute vec2 at;
attribute vec3 paint;
uniform vec4 view;
uniform float radius;
varying vec3 fill;
void main() {
  gl_Position = vec4(at * view.xy + view.zw, 0.0, 1.0);
  gl_PointSize = 2.0 * radius + 1.0;
  fill = paint;
}`;
const POINT_FRAGMENT = `
precision highp float;
varying vec3 fill;
uniform float radius;
uniform float opacity;
uniform vec3 rim;
void main() {
  float r = length(gl_PointCoord - 0.5) * (2.0 * radius + 1.0);
  float inside = clamp(radius + 0.5 - r, 0.0, 1.0);
  if (inside <= 0.0) discard;
  float edge = radius > 2.5 ? clamp(r - radius + 1.5, 0.0, 1.0) : 0.0;
  gl_FragColor = vec4(mix(fill, rim, edge * 0.6), inside * opacity);
}`;

// `lost` is called with false when the context is lost, with true when it is there again.
export class WebGLPainter {
  constructor(canvas, lost) {
    // alpha: false, because on a transparent canvas translucent edges wash out to nothing
    this.gl = canvas.getContext("webgl", { alpha: false, antialias: true });
    if (!this.gl) return;
    this.lost = (event) => (event.preventDefault(), lost(false));
    this.restored = () => (this.setup(), lost(true));
    this.canvas = canvas;
    canvas.addEventListener("webglcontextlost", this.lost);
    canvas.addEventListener("webglcontextrestored", this.restored);
    this.setup();
  }

  setup() {
    const { gl } = this;
    const program = (vertex, fragment) => {
      const result = gl.createProgram();
      for (const [kind, source] of [[gl.VERTEX_SHADER, vertex], [gl.FRAGMENT_SHADER, fragment]]) {
        const shader = gl.createShader(kind);
        gl.shaderSource(shader, source);
        gl.compileShader(shader);
        gl.attachShader(result, shader);
      }
      gl.linkProgram(result);
      const uniforms = {};
      const count = gl.getProgramParameter(result, gl.ACTIVE_UNIFORMS) ?? 0;
      for (let i = 0; i < count; i++) {
        const { name } = gl.getActiveUniform(result, i);
        uniforms[name] = gl.getUniformLocation(result, name);
      }
      return { result, uniforms, at: gl.getAttribLocation(result, "at"),
               paint: gl.getAttribLocation(result, "paint") };
    };
    this.lines = program(LINE_VERTEX, LINE_FRAGMENT);
    this.points = program(POINT_VERTEX, POINT_FRAGMENT);
    this.edgeBuffer = gl.createBuffer();
    this.nodeBuffer = gl.createBuffer();
    this.paintBuffer = gl.createBuffer();
    this.paintBeforeBuffer = gl.createBuffer();
    this.edgeCount = 0;
    this.nodeCount = 0;
  }

  upload(target, array) {
    const { gl } = this;
    gl.bindBuffer(gl.ARRAY_BUFFER, this[target]);
    gl.bufferData(gl.ARRAY_BUFFER, array, gl.STATIC_DRAW);
  }

  draw({ width, height, view, background, edgeColor, paint, radius, rim, opacity }) {
    const { gl, lines, points, canvas } = this;
    if (canvas.width !== width) canvas.width = width;
    if (canvas.height !== height) canvas.height = height;
    gl.viewport(0, 0, width, height);
    gl.clearColor(...background, 1);
    gl.clear(gl.COLOR_BUFFER_BIT);
    gl.enable(gl.BLEND);
    gl.blendFunc(gl.SRC_ALPHA, gl.ONE_MINUS_SRC_ALPHA);
    gl.useProgram(lines.result);
    gl.uniform4fv(lines.uniforms.view, view);
    gl.uniform4fv(lines.uniforms.color, edgeColor);
    gl.bindBuffer(gl.ARRAY_BUFFER, this.edgeBuffer);
    gl.enableVertexAttribArray(lines.at);
    gl.vertexAttribPointer(lines.at, 2, gl.FLOAT, false, 0, 0);
    gl.drawArrays(gl.LINES, 0, 2 * this.edgeCount);
    gl.useProgram(points.result);
    gl.uniform4fv(points.uniforms.view, view);
    gl.uniform1f(points.uniforms.radius, radius);
    gl.uniform1f(points.uniforms.opacity, opacity);
    gl.uniform3fv(points.uniforms.rim, rim);
    gl.bindBuffer(gl.ARRAY_BUFFER, this.nodeBuffer);
    gl.enableVertexAttribArray(points.at);
    gl.vertexAttribPointer(points.at, 2, gl.FLOAT, false, 0, 0);
    gl.bindBuffer(gl.ARRAY_BUFFER, this[paint]);
    gl.enableVertexAttribArray(points.paint);
    gl.vertexAttribPointer(points.paint, 3, gl.UNSIGNED_BYTE, true, 0, 0);
    gl.drawArrays(gl.POINTS, 0, this.nodeCount);
    gl.disableVertexAttribArray(points.paint);
  }

  destroy() {
    if (!this.gl) return;
    this.canvas.removeEventListener("webglcontextlost", this.lost);
    this.canvas.removeEventListener("webglcontextrestored", this.restored);
    // a page may hold only 16 contexts: give this one back now, not at some garbage collection
    this.gl.getExtension("WEBGL_lose_context")?.loseContext();
  }
}

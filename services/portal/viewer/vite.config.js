import { defineConfig } from "vite";

// What has a hash in its name never changes.
const parts = {
  entryFileNames: "parts/[name]-[hash].js",
  chunkFileNames: "parts/[name]-[hash].js",
  assetFileNames: "parts/[name]-[hash][extname]",
};

export default defineConfig({
  base: "./", // the viewer does not know where it is served
  publicDir: false,
  resolve: { alias: { events: "events/", url: "url/" } }, // Node's own, which vtk.js asks for
  optimizeDeps: { exclude: ["@cornerstonejs/dicom-image-loader"] },
  worker: { format: "es", rollupOptions: { output: parts } },
  build: {
    outDir: "../static/viewer",
    emptyOutDir: true,
    target: "es2022",
    assetsInlineLimit: 0, // no data: addresses, whatever the policy allows
    chunkSizeWarningLimit: 4000, // kB: the rendering engine, loaded only for full quality
    rollupOptions: {
      input: { viewer: "src/viewer.ts" },
      output: {
        ...parts,
        entryFileNames: "[name].js",
        assetFileNames: ({ names }) => (names[0] === "viewer.css" ? "[name][extname]" : parts.assetFileNames),
      },
    },
  },
});

/** How an exported page looks: on a screen of any width, in the dark, and on paper. */
export const style = `
:root { color-scheme: light dark; font: 1rem/1.45 system-ui, sans-serif; background: Canvas; color: CanvasText; }
body { margin: 0; }
main { max-width: 44rem; margin: 0 auto; padding: 1rem; }
h1 { font-size: 1.4rem; overflow-wrap: anywhere; }
h2 { font-size: 1rem; margin: 2rem 0 1rem; padding-bottom: .25rem; border-bottom: 1px solid GrayText; }
article { margin: .5rem 15% .5rem 0; padding: .5rem .75rem; border-radius: .5rem; background: #eef1f4; }
article.mine { margin: .5rem 0 .5rem 15%; background: #dcefe2; }
article div, .notice { white-space: pre-wrap; overflow-wrap: anywhere; unicode-bidi: isolate; }
article header { font-size: .85rem; overflow-wrap: anywhere; }
article header bdi { font-weight: 600; }
.file { font-style: italic; }
.notice { margin: 1rem 0; padding: .5rem .75rem; border-left: 4px solid #b26a00; }
@media (prefers-color-scheme: dark) {
  article { background: #24292f; }
  article.mine { background: #1d3a2a; }
}
@media (max-width: 30rem) {
  main { padding: .5rem; }
  article { margin-right: 5%; }
  article.mine { margin-left: 5%; }
}
@media print {
  article, article.mine { border: 1px solid #999; background: none; break-inside: avoid; }
  h2 { break-after: avoid; }
}
`;

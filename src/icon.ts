import { LabIcon } from '@jupyterlab/ui-components';

/**
 * A store with a flash in it.
 */
const SVG = `<svg xmlns="http://www.w3.org/2000/svg" width="16" viewBox="0 0 24 24">
  <g class="jp-icon3 jp-icon-selectable" fill="#616161">
    <path d="M11 2C6.6 2 3 3.6 3 5.6v12.8c0 1.9 3.2 3.4 7.3 3.6l.5-2c-3.5-.1-5.8-1.2-5.8-1.6v-2.5c1.3.6 3 1 4.9 1.1l.5-2C7.1 14.8 5 13.7 5 13.300v-2.400c1.500.8 3.700 1.300 6 1.300.9 0 1.700-.1 2.500-.2l2.200-2.400c-1.200.4-2.900.6-4.700.6-3.700 0-6-1.200-6-1.700V8.200C6.500 8.900 8.600 9.300 11 9.300s4.500-.4 6-1.100v.4l2-.1V5.600C19 3.600 15.400 2 11 2zm0 5.300c-3.700 0-6-1.200-6-1.700S7.300 4 11 4s6 1.100 6 1.600-2.300 1.700-6 1.700z"/>
    <path d="M18.500 10l-6.500 7.200h3.700L14 22.500l7-7.500h-3.900z"/>
  </g>
</svg>`;

/** The icon of the panel and of its commands. */
export const cacheableIcon = new LabIcon({
  name: 'jupyterlab-cacheable:cacheable',
  svgstr: SVG
});

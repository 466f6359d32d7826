/// <reference types="vitepress/client" />
/** VitePress's theme, with room for code. */
import theme from 'vitepress/theme';
import './style.css';

export default theme;

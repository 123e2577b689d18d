// What Streamlit's links in the sidebar lack: a sign of the current page for those who do not see its colour, and, on
// a telephone, where the sidebar lies over the page, that it closes once a link was chosen. And that what is drawn
// outside of the page, as popovers are, is in the same theme.

const LINKS = "[data-testid=stPageLink-NavLink]";
const CLOSE = "[data-testid=stSidebarCollapseButton] button";

const coversPage = (sidebar) =>
  document.querySelector("[data-testid=stMain]").getBoundingClientRect().left < sidebar.getBoundingClientRect().right;

// Streamlit calls this at every new `data`, which says how many page links stand before that of the current page.
export default function ({ parentElement, data }) {
  const sidebar = parentElement.closest("[data-testid=stSidebar]");
  const mark = () => {
    document.documentElement.style.colorScheme = getComputedStyle(document.querySelector(".stApp")).colorScheme;
    sidebar.querySelectorAll(`.st-key-pages ${LINKS}`).forEach((link, place) => {
      if (place === data.current) link.setAttribute("aria-current", "page");
      else link.removeAttribute("aria-current");
    });
  };
  mark();
  sidebar.watcher?.disconnect();
  sidebar.watcher = new MutationObserver(mark); // a link may be made anew
  sidebar.watcher.observe(sidebar, { childList: true, subtree: true });
  sidebar.onclick = (event) => {
    if (event.target.closest(LINKS) && coversPage(sidebar)) sidebar.querySelector(CLOSE).click();
  };
}

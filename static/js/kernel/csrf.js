// The token that the server asks for: the cookie's, since a new sign-in in another tab changes it; else the page's.
export const csrfToken = (ofPage = "") => /(?:^|; )csrftoken=([^;]+)/.exec(document.cookie)?.[1] ?? ofPage;

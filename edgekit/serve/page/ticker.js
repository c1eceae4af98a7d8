// A worker's timer is not slowed down in a hidden tab; the page's own would be, to one a minute.
setInterval(() => postMessage(0), 250);

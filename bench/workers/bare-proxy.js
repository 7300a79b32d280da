/** The least a Worker can do: passes every request on to the upstream and its answer back, unread. */
export default {
	/**
	 * @param {Request} request
	 * @param {{ UPSTREAM: string }} env
	 */
	fetch(request, env) {
		return fetch(new Request(env.UPSTREAM + new URL(request.url).pathname, request));
	},
};

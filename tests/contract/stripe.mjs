/*
 * Stripe as the transcripts met it: its state follows the exchanges, and what
 * the program asked is shown as they show it.
 */
import { signature, startStripe as start } from '../lib/stripe.mjs';

const SIGNED = '<stripe-signature>';

/*
 * Resolves to { url, close() } and
 *
 * meet(exchange, wanted)    before an exchange: forgets the calls so far, and
 *                           the buyer pays whose checkout it reports
 * signed(exchange, body)    the header in place of <stripe-signature>
 * asked()                   the calls since, as { method, path, body }
 */
export async function startStripe(settings) {
	const stripe = await start({
		secretKey: settings['stripe.secret_key'] });
	const secret = settings['stripe.webhook_secret'];

	stripe.price('price_1');
	return {
		url: stripe.url,
		close: () => stripe.close(),
		meet: ({ response }, { body }) => {
			const event = body?.['<json>'];

			if (response.status === 200 &&
			    event?.type === 'checkout.session.completed')
				paid(stripe, event.data.object);
			stripe.calls.length = 0;
		},
		signed: ({ name, request }, body) =>
			request.headers['stripe-signature'] === SIGNED ?
				{ 'stripe-signature': signature(body,
					/bad signature/.test(name) ?
						`not ${secret}` : secret) } :
				{},
		asked: () => stripe.calls.map(({ method, path, body }) =>
			({ method, path, body })),
	};
}

/* The recorded Stripe gave the subscription the event's metadata. */
function paid(stripe, { id, metadata }) {
	const { subscription } = stripe.complete(id);

	stripe.get('subscriptions', subscription).metadata = metadata;
}

/** The same program (send-once.ts) as somebody has it who will encrypt with libsignal: it does nothing with it yet. */
import '@signalapp/libsignal-client';
import './send-once.ts';

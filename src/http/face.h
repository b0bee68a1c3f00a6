/*
 * face.h - who a route speaks to
 */
#ifndef HTTP_FACE_H
#define HTTP_FACE_H

enum face {
	FACE_PAGE,		/* HTML for people */
	FACE_JSON,		/* our own API */
	FACE_AUTH		/* the wire contract, below server.base_path */
};

#endif
